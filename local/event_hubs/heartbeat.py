"""Idle time-outs both ways: empty frames that keep the peer content, and an end to a peer that fell silent."""

import asyncio
from collections.abc import Callable

# The peer advertises how long it waits; half of that leaves room for a slow network.
_SAFETY = 2
# A client that asks for less is beaten at this rate: it costs the server more than it tells the client.
_MIN_INTERVAL = 0.05


class Heartbeat:
    """Two timers of one connection."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        idle_timeout: float,
        beat: Callable[[], None],
        on_silence: Callable[[], None],
    ) -> None:
        """`beat` sends an empty frame; `on_silence` is called when nothing arrived for `idle_timeout` seconds."""
        self._loop = loop
        self._idle_timeout = idle_timeout
        self._beat = beat
        self._on_silence = on_silence
        self._last_received = loop.time()
        self._watch: asyncio.TimerHandle | None = loop.call_later(idle_timeout, self._check)
        self._next_beat: asyncio.TimerHandle | None = None

    def received(self) -> None:
        """Something arrived."""
        self._last_received = self._loop.time()

    def start_beating(self, peer_timeout: float) -> None:
        """Send an empty frame twice in every `peer_timeout` seconds."""
        interval = max(peer_timeout / _SAFETY, _MIN_INTERVAL)

        def beat() -> None:
            self._beat()
            self._next_beat = self._loop.call_later(interval, beat)

        self._next_beat = self._loop.call_later(interval, beat)

    def stop(self) -> None:
        for timer in (self._watch, self._next_beat):
            if timer is not None:
                timer.cancel()

    def _check(self) -> None:
        silent_until = self._last_received + self._idle_timeout
        if self._loop.time() >= silent_until:
            self._on_silence()
        else:
            self._watch = self._loop.call_at(silent_until, self._check)

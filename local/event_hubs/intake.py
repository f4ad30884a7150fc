"""Back-pressure on a client that sends faster than the disk stores: nothing more is read for a while."""

import asyncio
from collections.abc import Callable

# What one client may have waiting for the disk.
HELD_BYTES = 16 * 1024 * 1024


class Intake:
    """Counts the bytes that wait to be stored, and pauses the transport when they are too many."""

    def __init__(self, transport: asyncio.Transport, on_resume: Callable[[], None]) -> None:
        """`on_resume` is called when reading goes on: frames that are complete may be waiting."""
        self._transport = transport
        self._on_resume = on_resume
        self._held = 0
        self.paused = False

    def hold(self, size: int) -> None:
        self._held += size
        if self._held > HELD_BYTES and not self.paused:
            self.paused = True
            self._transport.pause_reading()

    def release(self, size: int) -> None:
        self._held -= size
        if self.paused and self._held <= HELD_BYTES // 2:
            self.paused = False
            if not self._transport.is_closing():
                self._transport.resume_reading()
                asyncio.get_running_loop().call_soon(self._on_resume)

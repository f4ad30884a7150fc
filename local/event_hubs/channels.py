"""The channels of a connection: which session a frame belongs to, where sessions begin and end."""

import logging
from collections.abc import Callable

from local.event_hubs.amqp import frames
from local.event_hubs.amqp.errors import FRAMING_ERROR, NOT_ALLOWED, ConnectionFault, SessionFault
from local.event_hubs.amqp.performatives import Attach, Begin, End, Performative
from local.event_hubs.link import Link
from local.event_hubs.session import Session, Transport

logger = logging.getLogger(__name__)

CHANNEL_MAX = 4999


class Channels:
    """All sessions of one connection."""

    def __init__(self, transport: Transport, open_link: Callable[[Session, Attach], Link]) -> None:
        self._transport = transport
        self._open_link = open_link
        self._sessions: dict[int, Session] = {}
        self._ended: set[int] = set()

    def on_frame(self, frame: frames.Frame, performative: Performative, payload: bytes) -> None:
        """Hand a frame to its session.

        Raises ConnectionFault when its channel can't have such a frame.
        """
        match performative:
            case Begin():
                self._begin(frame.channel, performative)
            case End():
                self._end(frame.channel)
            case _:
                self._hand_on(frame, performative, payload)

    def pump(self) -> None:
        """Let every session send what it may."""
        for session in list(self._sessions.values()):
            session.pump()

    def close(self) -> None:
        """Let go of all sessions: the connection is over, however it ended."""
        sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            session.close()

    def _begin(self, channel: int, begin: Begin) -> None:
        if channel > CHANNEL_MAX:
            raise ConnectionFault(FRAMING_ERROR, f"channel {channel} is above {CHANNEL_MAX}")
        if channel in self._sessions:
            raise ConnectionFault(NOT_ALLOWED, f"channel {channel} has a session already")
        self._ended.discard(channel)
        self._sessions[channel] = Session(self._transport, channel, begin, self._open_link)

    def _end(self, channel: int) -> None:
        session = self._sessions.pop(channel, None)
        if session is not None:
            session.close()
            self._transport.send(channel, frames.end())
            self._ended.add(channel)
        elif channel not in self._ended:
            raise _no_session(channel)

    def _hand_on(self, frame: frames.Frame, performative: Performative, payload: bytes) -> None:
        session = self._sessions.get(frame.channel)
        if session is None:
            # The SDKs detach their links after they have ended the session.
            if frame.channel not in self._ended:
                raise _no_session(frame.channel)
            return
        try:
            session.on_frame(performative, payload, frame.body)
        except SessionFault as fault:
            logger.warning("Ended the session on channel %d: %s", frame.channel, fault)
            self._end_with(frame.channel, session, fault)

    def _end_with(self, channel: int, session: Session, fault: SessionFault) -> None:
        session.close()
        del self._sessions[channel]
        self._ended.add(channel)
        reason = frames.error(fault.condition, fault.description)
        self._transport.send(channel, frames.end(reason))


def _no_session(channel: int) -> ConnectionFault:
    return ConnectionFault(FRAMING_ERROR, f"channel {channel} has no session")

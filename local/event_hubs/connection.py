"""A connection: protocol headers, SASL, OPEN and CLOSE, frames to sessions, heartbeats, back-pressure."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from enum import Enum, auto
from typing import cast

from local.event_hubs.amqp import frames
from local.event_hubs.amqp.errors import (
    CONNECTION_FORCED,
    FRAMING_ERROR,
    INTERNAL_ERROR,
    INVALID_FIELD,
    NOT_ALLOWED,
    RESOURCE_LIMIT_EXCEEDED,
    ConnectionFault,
)
from local.event_hubs.amqp.performatives import (
    Close,
    Open,
    SaslInit,
    read_performative,
)
from local.event_hubs.channels import CHANNEL_MAX, Channels
from local.event_hubs.frame_writer import FrameWriter
from local.event_hubs.heartbeat import Heartbeat
from local.event_hubs.intake import Intake
from local.event_hubs.nodes import Nodes

logger = logging.getLogger(__name__)

MAX_FRAME_SIZE = 1024 * 1024
SASL_MECHANISMS = ("MSSBCBS", "PLAIN", "ANONYMOUS", "EXTERNAL")
# How long a client has to read the reason before the connection is cut.
LINGER_SECONDS = 2.0


class Stage(Enum):
    """What the connection expects next."""

    HEADER = auto()
    SASL = auto()
    OPEN = auto()
    FRAMES = auto()
    NOTHING = auto()


class Connection(asyncio.Protocol):
    """One client. Whatever it sends, the worst that happens is that this connection is closed."""

    def __init__(
        self, nodes: Nodes, idle_timeout: float, on_lost: Callable[["Connection"], None]
    ) -> None:
        self.peer_max_frame_size = frames.MIN_MAX_FRAME_SIZE
        self._idle_timeout = idle_timeout
        self._on_lost = on_lost
        self._stage = Stage.HEADER
        self._received = frames.FrameBuffer()
        self._channels = Channels(self, nodes.open_link)
        self._writing_paused = False

    @property
    def may_write(self) -> bool:
        return not self._writing_paused

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast(asyncio.Transport, transport)  # uvloop's is one by behaviour only
        self._loop = asyncio.get_running_loop()
        self._transport = transport
        self._peer = transport.get_extra_info("peername")
        self._writer = FrameWriter(self._loop, transport)
        self.intake = Intake(transport, self._process)
        self._heartbeat = Heartbeat(self._loop, self._idle_timeout, self._beat, self._on_silence)

    def data_received(self, received: bytes) -> None:
        self._heartbeat.received()
        if self._stage is not Stage.NOTHING:
            self._received.append(received)
            self._process()

    def connection_lost(self, error: Exception | None) -> None:
        self._stage = Stage.NOTHING
        self._heartbeat.stop()
        self._channels.close()
        self._on_lost(self)

    def pause_writing(self) -> None:
        self._writing_paused = True

    def resume_writing(self) -> None:
        self._writing_paused = False
        self._channels.pump()

    def send(self, channel: int, performative: bytes, payload: bytes = b"") -> None:
        """Queue one AMQP frame.

        Raises ConnectionFault when it is larger than the client takes.
        """
        encoded = frames.frame(channel, performative, payload)
        if len(encoded) > self.peer_max_frame_size:
            raise ConnectionFault(
                RESOURCE_LIMIT_EXCEEDED,
                f"an answer of {len(encoded)} bytes exceeds max-frame-size {self.peer_max_frame_size}",
            )
        self._writer.write(encoded)

    def abort(self) -> None:
        self._stage = Stage.NOTHING
        self._transport.abort()

    def shut_down(self) -> None:
        """Close from the server's side, because the server stops."""
        self._tell(ConnectionFault(CONNECTION_FORCED, "The server is shutting down."))
        self._part()

    def _process(self) -> None:
        """Handle all that has been received, as far as it is complete."""
        try:
            while not self.intake.paused and self._step():
                pass
        except ConnectionFault as fault:
            logger.warning("Closed the connection of %s: %s", self._peer, fault)
            self._fail(fault)
        except (
            Exception
        ) as error:  # A fault of the server's own ends one connection, not the server.
            logger.exception("Closed the connection of %s", self._peer)
            self._fail(ConnectionFault(INTERNAL_ERROR, repr(error)))

    def _step(self) -> bool:
        """Take the next header or frames; False when they are not complete."""
        match self._stage:
            case Stage.HEADER:
                header = self._received.take_header()
                if header is not None:
                    self._on_header(header)
                return header is not None
            case Stage.NOTHING:
                return False
            case _:
                # One frame at a time until OPEN: a header may follow the frames of SASL.
                most = 64 if self._stage is Stage.FRAMES else 1
                taken = self._received.take_frames(MAX_FRAME_SIZE, most)
                for frame in taken:
                    self._on_frame(frame)
                return bool(taken)

    def _on_header(self, header: bytes) -> None:
        match header:
            case frames.SASL_HEADER:
                self._writer.write(frames.SASL_HEADER)
                self._write_sasl(frames.sasl_mechanisms(*SASL_MECHANISMS))
                self._stage = Stage.SASL
            case frames.AMQP_HEADER:
                self._writer.write(frames.AMQP_HEADER)
                self._stage = Stage.OPEN
            case _:
                self._refuse_protocol(header)

    def _refuse_protocol(self, header: bytes) -> None:
        """Answer a foreign protocol as the standard says: with the header that is spoken here, then hang up."""
        hint = ""
        if header.startswith(b"\x16\x03"):
            hint = " (TLS: the connection string lacks UseDevelopmentEmulator=true)"
        logger.warning(
            "Refused a connection of %s that begins with %r%s: AMQP 1.0 without TLS is spoken here",
            self._peer,
            header,
            hint,
        )
        self._writer.write(frames.AMQP_HEADER)
        self._hang_up()

    def _on_frame(self, frame: frames.Frame) -> None:
        if not frame.body or self._stage is Stage.NOTHING:
            return
        expected_kind = frames.SASL_TYPE if self._stage is Stage.SASL else frames.AMQP_TYPE
        if frame.kind != expected_kind:
            raise ConnectionFault(
                FRAMING_ERROR, f"frame type {frame.kind} in place of {expected_kind}"
            )
        performative, payload_start = read_performative(frame.body)
        match self._stage, performative:
            case Stage.SASL, SaslInit():
                self._write_sasl(frames.sasl_outcome_ok())
                self._stage = Stage.HEADER
            case Stage.OPEN, Open():
                self._on_open(performative)
            case Stage.OPEN | Stage.FRAMES, Close():
                self._write_amqp(frames.close())
                self._part()
            case Stage.FRAMES, _:
                self._channels.on_frame(frame, performative, frame.body[payload_start:])
            case stage, _:
                name = type(performative).__name__.lower()
                raise ConnectionFault(NOT_ALLOWED, f"{name} while {stage.name} is expected")

    def _on_open(self, opened: Open) -> None:
        theirs = MAX_FRAME_SIZE if opened.max_frame_size is None else opened.max_frame_size
        if theirs < frames.MIN_MAX_FRAME_SIZE:
            raise ConnectionFault(
                INVALID_FIELD, f"max-frame-size is {theirs}, at least {frames.MIN_MAX_FRAME_SIZE}"
            )
        self.peer_max_frame_size = min(theirs, MAX_FRAME_SIZE)
        # Half of what is really waited, as the standard advises: a late frame is no reason to close.
        advertised_ms = int(self._idle_timeout * 1000 / 2)
        self._write_amqp(frames.open_(MAX_FRAME_SIZE, CHANNEL_MAX, advertised_ms))
        if opened.idle_time_out:
            self._heartbeat.start_beating(opened.idle_time_out / 1000)
        self._stage = Stage.FRAMES

    def _fail(self, fault: ConnectionFault) -> None:
        """Tell the client why, if the connection has come that far, and close."""
        if self._stage is not Stage.NOTHING:
            self._tell(fault)
            self._hang_up()

    def _tell(self, fault: ConnectionFault) -> None:
        if self._stage is Stage.OPEN:
            self._write_amqp(frames.open_(MAX_FRAME_SIZE, CHANNEL_MAX, 0))
        if self._stage in (Stage.OPEN, Stage.FRAMES):
            self._write_amqp(frames.close(frames.error(fault.condition, fault.description)))

    def _part(self) -> None:
        """Close: the client knows already, or has no time to be told."""
        self._stage = Stage.NOTHING
        self._channels.close()
        self._writer.flush()
        self._transport.close()

    def _hang_up(self) -> None:
        """Half-close, and ignore what still comes.

        A socket that is closed with bytes unread resets the connection, and the client never reads the reason.
        """
        self._stage = Stage.NOTHING
        self._channels.close()
        self._writer.flush()
        # The client may be gone already: then there is nobody to be polite to.
        with contextlib.suppress(OSError):
            self._transport.write_eof()
        self._loop.call_later(LINGER_SECONDS, self._transport.abort)

    def _beat(self) -> None:
        self._writer.write(frames.EMPTY_FRAME)

    def _on_silence(self) -> None:
        logger.warning(
            "Closed the connection of %s: silent for %s s", self._peer, self._idle_timeout
        )
        self._fail(
            ConnectionFault(
                CONNECTION_FORCED, f"Nothing was received for {self._idle_timeout} seconds."
            )
        )

    def _write_amqp(self, performative: bytes) -> None:
        self._writer.write(frames.frame(0, performative))

    def _write_sasl(self, performative: bytes) -> None:
        self._writer.write(frames.frame(0, performative, kind=frames.SASL_TYPE))

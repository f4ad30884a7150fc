"""Frames: what comes off a connection, cut into frames, and the performatives that the server answers with.

Every performative is written with all its fields, nulls included: the Python SDK reads them by position.
"""

import struct
from dataclasses import dataclass

from local.event_hubs.amqp.encoding import encode_list
from local.event_hubs.amqp.errors import FRAMING_ERROR, ConnectionFault
from local.event_hubs.amqp.values import (
    Described,
    Raw,
    Symbol,
    SymbolArray,
    UByte,
    UInt,
    ULong,
    UShort,
)

AMQP_HEADER = b"AMQP\x00\x01\x00\x00"
SASL_HEADER = b"AMQP\x03\x01\x00\x00"
AMQP_TYPE = 0
SASL_TYPE = 1
EMPTY_FRAME = b"\x00\x00\x00\x08\x02\x00\x00\x00"
# What a peer may send before it knows better (OASIS AMQP 1.0, part 2, section 2.8.19).
MIN_MAX_FRAME_SIZE = 512

_PREFIX = struct.Struct(">IBBH")
ACCEPTED = Described(0x24, [])


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame; an empty body is a heartbeat."""

    kind: int
    channel: int
    body: bytes


class FrameBuffer:
    """Cuts a stream of bytes into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def __len__(self) -> int:
        return len(self._buffer)

    def append(self, received: bytes) -> None:
        self._buffer += received

    def take_header(self) -> bytes | None:
        """The next eight bytes as a protocol header, or None while they are not there."""
        if len(self._buffer) < 8:
            return None
        header = bytes(self._buffer[:8])
        del self._buffer[:8]
        return header

    def take_frames(self, limit: int, most: int = 64) -> list[Frame]:
        """Up to `most` whole frames, each of `limit` bytes at the most.

        Raises ConnectionFault for a size or a data offset that no frame can have.
        """
        frames: list[Frame] = []
        start = 0
        try:
            while len(frames) < most and len(self._buffer) - start >= 8:
                size, data_offset, kind, channel = _PREFIX.unpack_from(self._buffer, start)
                _check_prefix(size, 4 * data_offset, kind, limit)
                if len(self._buffer) - start < size:
                    break
                body = bytes(self._buffer[start + 4 * data_offset : start + size])
                frames.append(Frame(kind, channel, body))
                start += size
        finally:
            del self._buffer[:start]
        return frames


def _check_prefix(size: int, data_offset: int, kind: int, limit: int) -> None:
    if size > limit:
        raise ConnectionFault(
            FRAMING_ERROR, f"a frame of {size} bytes; at most {limit} are allowed"
        )
    if not 8 <= data_offset <= size:
        raise ConnectionFault(
            FRAMING_ERROR, f"a frame of {size} bytes whose body starts at byte {data_offset}"
        )
    if kind not in (AMQP_TYPE, SASL_TYPE):
        raise ConnectionFault(FRAMING_ERROR, f"frame type {kind}; 0 (AMQP) and 1 (SASL) exist")


def frame(channel: int, body: bytes, payload: bytes = b"", kind: int = AMQP_TYPE) -> bytes:
    size = 8 + len(body) + len(payload)
    return _PREFIX.pack(size, 2, kind, channel) + body + payload


def _performative(descriptor: int, *fields: object) -> bytes:
    return bytes((0x00, 0x53, descriptor)) + encode_list(fields)


def error(condition: str, description: str) -> Described:
    return Described(0x1D, [Symbol(condition), description, None])


def rejected(condition: str, description: str) -> Described:
    return Described(0x25, [error(condition, description)])


def sasl_mechanisms(*names: str) -> bytes:
    return _performative(0x40, SymbolArray(names))


def sasl_outcome_ok() -> bytes:
    return _performative(0x44, UByte(0), None)


def open_(max_frame_size: int, channel_max: int, idle_time_out_ms: int) -> bytes:
    limits = (UInt(max_frame_size), UShort(channel_max), UInt(idle_time_out_ms))
    product = {Symbol("product"): "local-event-hubs"}
    return _performative(0x10, "local-event-hubs", None, *limits, *[None] * 4, product)


def begin(channel: int, incoming_window: int, outgoing_window: int, handle_max: int) -> bytes:
    """Answer a BEGIN; transfer ids start at 0."""
    windows = (UInt(0), UInt(incoming_window), UInt(outgoing_window), UInt(handle_max))
    return _performative(0x11, UShort(channel), *windows, None, None, None)


@dataclass(frozen=True, slots=True)
class AttachAnswer:
    """The server's ATTACH: the client's name, handle, source, target and properties again."""

    name: str
    handle: int
    server_receives: bool
    source: Raw
    target: Raw
    properties: Raw
    snd_settle_mode: int | None
    max_message_size: int

    def encoded(self) -> bytes:
        mode = None if self.snd_settle_mode is None else UByte(self.snd_settle_mode)
        return _performative(
            0x12,
            self.name,
            UInt(self.handle),
            self.server_receives,
            mode,
            UByte(0),
            self.source,
            self.target,
            None,
            None,
            None if self.server_receives else UInt(0),
            ULong(self.max_message_size),
            None,
            None,
            self.properties,
        )


def refusing_attach(name: str, handle: int, server_receives: bool) -> bytes:
    """An ATTACH without source and target: the link never was; a DETACH with the reason follows."""
    initial_delivery_count = None if server_receives else UInt(0)
    nothing = [None] * 6
    return _performative(
        0x12, name, UInt(handle), server_receives, *nothing, initial_delivery_count, *[None] * 4
    )


@dataclass(frozen=True, slots=True)
class SessionWindows:
    """The session's half of every FLOW."""

    next_incoming_id: int
    incoming_window: int
    next_outgoing_id: int
    outgoing_window: int


def session_flow(windows: SessionWindows) -> bytes:
    return _performative(0x13, *_window_fields(windows), *[None] * 7)


def link_flow(
    windows: SessionWindows, handle: int, delivery_count: int, credit: int, *, drain: bool = False
) -> bytes:
    link = (UInt(handle), UInt(delivery_count), UInt(credit))
    return _performative(0x13, *_window_fields(windows), *link, None, drain, False, None)


def _window_fields(windows: SessionWindows) -> tuple[UInt, ...]:
    return (
        UInt(windows.next_incoming_id),
        UInt(windows.incoming_window),
        UInt(windows.next_outgoing_id),
        UInt(windows.outgoing_window),
    )


def transfer(handle: int, delivery_id: int, tag: bytes, *, more: bool) -> bytes:
    """A settled transfer of message format 0."""
    delivery = (UInt(handle), UInt(delivery_id), tag, UInt(0))
    return _performative(0x14, *delivery, True, more, *[None] * 5)


def disposition(delivery_id: int, state: Described) -> bytes:
    """Settle one delivery that the server received."""
    return _performative(0x15, True, UInt(delivery_id), UInt(delivery_id), True, state, None)


def detach(handle: int, reason: Described | None = None) -> bytes:
    return _performative(0x16, UInt(handle), True, reason)


def end(reason: Described | None = None) -> bytes:
    return _performative(0x17, reason)


def close(reason: Described | None = None) -> bytes:
    return _performative(0x18, reason)

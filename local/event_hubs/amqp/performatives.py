"""The performatives that a client sends, validated field by field (OASIS AMQP 1.0, part 2, section 2.7)."""

from typing import Annotated, Any

import msgspec

from local.event_hubs.amqp.decoding import decode, element_spans, skip
from local.event_hubs.amqp.errors import INVALID_FIELD, ConnectionFault, DecodeFault
from local.event_hubs.amqp.values import Described, Raw

type UShort = Annotated[int, msgspec.Meta(ge=0, le=0xFFFF)]
type UInt = Annotated[int, msgspec.Meta(ge=0, le=0xFFFFFFFF)]
type Map = dict[Any, Any]


class Performative(msgspec.Struct, array_like=True):
    """A composite: its fields in the order of the standard; those left out at the end are null."""


class Open(Performative):
    container_id: str
    hostname: str | None = None
    max_frame_size: UInt | None = None
    channel_max: UShort | None = None
    idle_time_out: UInt | None = None


class Begin(Performative):
    remote_channel: UShort | None
    next_outgoing_id: UInt
    incoming_window: UInt
    outgoing_window: UInt
    handle_max: UInt | None = None


class Attach(Performative):
    name: str
    handle: UInt
    role: bool
    snd_settle_mode: int | None = None
    rcv_settle_mode: int | None = None
    source: Any = None
    target: Any = None
    unsettled: Map | None = None
    incomplete_unsettled: bool | None = None
    initial_delivery_count: UInt | None = None
    max_message_size: int | None = None
    offered_capabilities: Any = None
    desired_capabilities: Any = None
    properties: Map | None = None

    @property
    def client_receives(self) -> bool:
        return self.role


class Flow(Performative):
    next_incoming_id: UInt | None
    incoming_window: UInt
    next_outgoing_id: UInt
    outgoing_window: UInt
    handle: UInt | None = None
    delivery_count: UInt | None = None
    link_credit: UInt | None = None
    available: UInt | None = None
    drain: bool | None = None
    echo: bool | None = None


class Transfer(Performative):
    handle: UInt
    delivery_id: UInt | None = None
    delivery_tag: bytes | None = None
    message_format: UInt | None = None
    settled: bool | None = None
    more: bool | None = None
    rcv_settle_mode: int | None = None
    state: Any = None
    resume: bool | None = None
    aborted: bool | None = None


class Disposition(Performative):
    role: bool
    first: UInt


class Detach(Performative):
    handle: UInt
    closed: bool | None = None
    error: Any = None


class End(Performative):
    error: Any = None


class Close(Performative):
    error: Any = None


class SaslInit(Performative):
    mechanism: str


_BY_DESCRIPTOR: dict[object, type[Performative]] = {
    0x10: Open,
    0x11: Begin,
    0x12: Attach,
    0x13: Flow,
    0x14: Transfer,
    0x15: Disposition,
    0x16: Detach,
    0x17: End,
    0x18: Close,
    0x41: SaslInit,
    "amqp:open:list": Open,
    "amqp:begin:list": Begin,
    "amqp:attach:list": Attach,
    "amqp:flow:list": Flow,
    "amqp:transfer:list": Transfer,
    "amqp:disposition:list": Disposition,
    "amqp:detach:list": Detach,
    "amqp:end:list": End,
    "amqp:close:list": Close,
    "amqp:sasl-init:list": SaslInit,
}
_ATTACH_ECHO = {5: "source", 6: "target", 13: "properties"}


def read_performative(body: bytes) -> tuple[Performative, int]:
    """Read the performative that a frame's body begins with; answer it and where the payload starts.

    Raises DecodeFault for bytes that are no performative, ConnectionFault for a field of the wrong type.
    """
    composite, end = decode(body)
    if not isinstance(composite, Described) or not isinstance(composite.value, list):
        raise DecodeFault("a frame's body must begin with a described list")
    if not isinstance(composite.descriptor, int | str):
        raise DecodeFault("a performative's descriptor is a number or a symbol")
    kind = _BY_DESCRIPTOR.get(composite.descriptor)
    if kind is None:
        raise DecodeFault(f"no performative has the descriptor {composite.descriptor!r}")
    try:
        return msgspec.convert(composite.value, kind), end
    except msgspec.ValidationError as error:
        raise ConnectionFault(INVALID_FIELD, f"{kind.__name__.lower()}: {error}") from None


def attach_echo(body: bytes) -> dict[str, Raw]:
    """The source, target and properties of an ATTACH as they came, for the answer that must repeat them."""
    spans, _ = element_spans(body, skip(body, 1))
    echo = dict.fromkeys(_ATTACH_ECHO.values(), Raw(b"\x40"))
    for position, name in _ATTACH_ECHO.items():
        if position < len(spans):
            start, end = spans[position]
            echo[name] = Raw(body[start:end])
    return echo

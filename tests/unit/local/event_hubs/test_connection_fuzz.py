"""Whatever bytes a client sends, its connection is answered, waits or is closed, and nothing else happens."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from local.event_hubs import EventHubs, HubSpec
from local.event_hubs.amqp import frames
from local.event_hubs.amqp.decoding import decode
from local.event_hubs.amqp.encoding import encode, encode_list
from local.event_hubs.amqp.errors import INTERNAL_ERROR
from local.event_hubs.amqp.messages import BATCH_FORMAT
from local.event_hubs.amqp.values import Described, UInt
from local.event_hubs.connection import Connection
from local.event_hubs.nodes import Nodes
from tests.unit.local.event_hubs.amqp_values import values


class FakeTransport(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__({"peername": ("test", 1)})
        self.written = bytearray()
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.closed
        self.written += data

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Nothing is buffered here."""

    def write_eof(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = True


def performative(code: int, *fields: object) -> bytes:
    return b"\x00\x53" + bytes((code,)) + encode_list(fields)


OPENED = (
    frames.AMQP_HEADER
    + frames.frame(0, frames.open_(65536, 10, 0))
    + frames.frame(1, frames.begin(1, 100, 100, 100))
)


async def answer_to(event_hubs: EventHubs, *pieces: bytes) -> FakeTransport:
    transport = FakeTransport()
    connection = Connection(Nodes(event_hubs), 60, lambda _: None)
    connection.connection_made(transport)
    for piece in pieces:
        connection.data_received(piece)
        await asyncio.sleep(0)
    connection.connection_lost(None)
    return transport


def conditions(written: bytes) -> list[str]:
    """The error conditions in all performatives that the server sent."""
    buffer = frames.FrameBuffer()
    buffer.append(written.removeprefix(frames.AMQP_HEADER))
    found = []
    while taken := buffer.take_frames(1 << 20):
        for frame in taken:
            composite = decode(frame.body)[0]
            assert isinstance(composite, Described)
            assert isinstance(composite.value, list)
            reasons = [field for field in composite.value if isinstance(field, Described)]
            found += [
                reason.value[0]
                for reason in reasons
                if reason.descriptor == 0x1D and isinstance(reason.value, list)
            ]
    return found


def check_survives(*pieces: bytes) -> None:
    """No exception comes out, none is the server's own, and a well-behaved client is served after it."""

    async def run() -> None:
        with EventHubs([HubSpec("events", 1)]) as event_hubs:
            transport = await answer_to(event_hubs, *pieces)
            if transport.written.startswith(frames.AMQP_HEADER):
                assert INTERNAL_ERROR not in conditions(bytes(transport.written))
            healthy = await answer_to(event_hubs, OPENED)
            assert not healthy.closed
            assert conditions(bytes(healthy.written)) == []

    asyncio.run(run())


@given(st.lists(st.binary(max_size=100), max_size=5))
def test_random_bytes_from_the_start(pieces: list[bytes]) -> None:
    check_survives(*pieces)


@given(st.lists(st.binary(max_size=100), max_size=5))
def test_random_bytes_in_an_open_connection(pieces: list[bytes]) -> None:
    check_survives(OPENED, *pieces)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 2),
            st.sampled_from([*range(0x10, 0x19), 0x41]),
            st.lists(values, max_size=14),
        ),
        max_size=4,
    )
)
def test_performatives_with_arbitrary_fields(
    sent: list[tuple[int, int, list[object]]],
) -> None:
    pieces = [frames.frame(channel, performative(code, *fields)) for channel, code, fields in sent]
    check_survives(OPENED, *pieces)


@given(st.integers(0, len(OPENED) - 1), st.integers(0, 255))
def test_one_wrong_byte_in_the_opening(position: int, byte: int) -> None:
    opening = bytearray(OPENED)
    opening[position] = byte
    check_survives(bytes(opening))


_uints = st.integers(0, 2**32 - 1).map(UInt)
_handles = st.integers(0, 2).map(UInt)
_addresses = st.sampled_from(
    ["events", "events/Partitions/0", "events/ConsumerGroups/$Default/Partitions/0", "$cbs", "x"]
)
_termini = st.builds(lambda address: Described(0x28, [address]), _addresses)
_flags = st.sampled_from([None, True, False])
_attaches = st.tuples(
    st.just(0x12), st.text(max_size=3), _handles, _flags, st.none(), st.none(), _termini, _termini
)
_flows = st.tuples(
    st.just(0x13),
    _uints,
    _uints,
    _uints,
    _uints,
    _handles,
    _uints,
    _uints,
    st.none(),
    _flags,
    _flags,
)
_transfers = st.tuples(
    st.just(0x14),
    _handles,
    st.integers(0, 3).map(UInt),
    st.just(b"tag"),
    st.sampled_from([UInt(0), UInt(BATCH_FORMAT)]),
    _flags,
    _flags,
    *[st.none()] * 3,
    _flags,
)
_detaches = st.tuples(st.just(0x16), _handles)


@given(
    st.lists(
        st.tuples(
            st.one_of(_attaches, _flows, _transfers, _detaches),
            st.one_of(
                st.binary(max_size=20), values.map(lambda value: encode(Described(0x75, value)))
            ),
        ),
        max_size=12,
    )
)
def test_well_formed_frames_in_an_order_that_makes_no_sense(
    sent: list[tuple[tuple[int, object], bytes]],
) -> None:
    pieces = [
        frames.frame(1, performative(code, *fields), payload if code == 0x14 else b"")
        for (code, *fields), payload in sent
    ]
    check_survives(OPENED, *pieces)


async def test_a_malformed_frame_is_answered_with_a_decode_error() -> None:
    with EventHubs([HubSpec("events")]) as event_hubs:
        transport = await answer_to(event_hubs, OPENED, frames.frame(1, b"\x00\x53\x12\xd0"))
    assert transport.closed
    assert conditions(bytes(transport.written)) == ["amqp:decode-error"]


async def test_an_impossible_frame_is_answered_with_a_framing_error() -> None:
    with EventHubs([HubSpec("events")]) as event_hubs:
        transport = await answer_to(event_hubs, OPENED, b"\xff\xff\xff\xff\x02\x00\x00\x00")
    assert transport.closed
    assert conditions(bytes(transport.written)) == ["amqp:connection:framing-error"]


async def test_a_frame_for_a_channel_without_session_is_a_framing_error() -> None:
    flow = frames.session_flow(frames.SessionWindows(0, 1, 0, 1))
    with EventHubs([HubSpec("events")]) as event_hubs:
        transport = await answer_to(event_hubs, OPENED, frames.frame(9, flow))
    assert conditions(bytes(transport.written)) == ["amqp:connection:framing-error"]


async def test_a_foreign_protocol_is_answered_with_the_header_that_is_spoken_here() -> None:
    with EventHubs([HubSpec("events")]) as event_hubs:
        transport = await answer_to(event_hubs, b"\x16\x03\x01\x02\x00\x01\x00\x01rest of a hello")
    assert transport.closed
    assert bytes(transport.written) == frames.AMQP_HEADER


async def test_a_value_nested_without_end_is_refused_before_it_is_read() -> None:
    nested = b"\x00\x53\x12" + b"\xc0\xff\x01" * 20_000 + encode(None)
    with EventHubs([HubSpec("events")]) as event_hubs:
        transport = await answer_to(event_hubs, OPENED, frames.frame(1, nested))
    assert conditions(bytes(transport.written)) == ["amqp:decode-error"]

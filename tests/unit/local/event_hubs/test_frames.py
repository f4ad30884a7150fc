"""Bytes off a socket to frames, in whatever pieces they come."""

import contextlib
import struct

import pytest
from azure.eventhub._pyamqp._decode import decode_frame
from hypothesis import example, given
from hypothesis import strategies as st

from local.event_hubs.amqp import frames
from local.event_hubs.amqp.errors import ConnectionFault
from local.event_hubs.amqp.frames import Frame, FrameBuffer
from local.event_hubs.amqp.performatives import Performative, Transfer, read_performative

LIMIT = 4096


def taken(buffer: FrameBuffer) -> list[Frame]:
    found = []
    while batch := buffer.take_frames(LIMIT):
        found += batch
    return found


@given(st.lists(st.tuples(st.integers(0, 0xFFFF), st.binary(max_size=300)), max_size=8), st.data())
def test_frames_come_out_whole_and_in_order_however_the_bytes_are_cut(
    sent: list[tuple[int, bytes]], data: st.DataObject
) -> None:
    stream = b"".join(frames.frame(channel, body) for channel, body in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    buffer, received = FrameBuffer(), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        buffer.append(stream[start:end])
        received += taken(buffer)
    assert received == [Frame(0, channel, body) for channel, body in sent]


@pytest.mark.parametrize(
    "prefix",
    [
        struct.pack(">IBBH", 7, 2, 0, 0),
        struct.pack(">IBBH", 8, 1, 0, 0),
        struct.pack(">IBBH", 12, 4, 0, 0),
        struct.pack(">IBBH", LIMIT + 1, 2, 0, 0),
        struct.pack(">IBBH", 8, 2, 9, 0),
    ],
    ids=["too small", "body in the prefix", "body behind the end", "too large", "unknown type"],
)
def test_a_prefix_that_no_frame_can_have_is_a_framing_error(prefix: bytes) -> None:
    buffer = FrameBuffer()
    buffer.append(prefix)
    with pytest.raises(ConnectionFault) as caught:
        buffer.take_frames(LIMIT)
    assert caught.value.condition == "amqp:connection:framing-error"


def test_good_frames_before_a_bad_one_are_not_seen_twice() -> None:
    buffer = FrameBuffer()
    buffer.append(frames.frame(1, b"good") + b"\0\0\0\x01\0\0\0\0")
    with pytest.raises(ConnectionFault):
        buffer.take_frames(LIMIT)
    assert len(buffer) == 8


@given(st.binary(max_size=100))
@example(b"\x00\x53\x10\x45")
@example(b"\x00\x53\x14\xc0\x02\x01\x41")
@example(b"\x00\x53\x99\x45")
@example(b"\x00\x45\x45")
@example(b"\x00\x53\x10\x40")
def test_any_body_is_a_performative_or_a_fault_of_the_connection(body: bytes) -> None:
    with contextlib.suppress(ConnectionFault):
        performative, end = read_performative(body)
        assert isinstance(performative, Performative)
        assert end <= len(body)


def test_a_field_of_the_wrong_type_is_named() -> None:
    with pytest.raises(ConnectionFault, match=r"transfer: .*at `\$\[0\]`"):
        read_performative(b"\x00\x53\x14\xc0\x02\x01\x41")


def test_a_transfer_is_read_back_with_its_payload() -> None:
    body = frames.transfer(3, 7, b"tag", more=True) + b"payload"
    performative, end = read_performative(body)
    assert isinstance(performative, Transfer)
    assert (performative.handle, performative.delivery_id, performative.more) == (3, 7, True)
    assert body[end:] == b"payload"


@pytest.mark.parametrize(
    ("body", "field_count"),
    [
        (frames.open_(65536, 100, 1000), 10),
        (frames.begin(1, 10, 10, 10), 8),
        (frames.refusing_attach("link", 1, server_receives=True), 14),
        (frames.refusing_attach("link", 1, server_receives=False), 14),
        (frames.session_flow(frames.SessionWindows(1, 2, 3, 4)), 11),
        (frames.link_flow(frames.SessionWindows(1, 2, 3, 4), 1, 2, 3), 11),
        (frames.transfer(1, 2, b"t", more=False), 12),
        (frames.disposition(1, frames.ACCEPTED), 6),
        (frames.detach(1), 3),
        (frames.end(), 1),
        (frames.close(frames.error("amqp:not-found", "x")), 1),
    ],
    ids=lambda value: value[2:3].hex() if isinstance(value, bytes) else None,
)
def test_the_sdk_finds_every_field_of_what_the_server_sends(body: bytes, field_count: int) -> None:
    _, fields = decode_frame(memoryview(body))
    assert len(fields) == field_count

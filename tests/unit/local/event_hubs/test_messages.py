"""What the broker does to a message, and what it leaves alone."""

from typing import Any

import pytest
from azure.eventhub import EventData
from azure.eventhub._pyamqp._encode import encode_payload
from azure.eventhub._transport._pyamqp_transport import PyamqpTransport
from hypothesis import example, given
from hypothesis import strategies as st

from local.event_hubs.amqp.encoding import encode
from local.event_hubs.amqp.errors import DecodeFault
from local.event_hubs.amqp.messages import (
    batched,
    draft,
    property_as_sent,
    section_map,
    section_value,
    sections,
    with_delivery_annotations,
)
from local.event_hubs.amqp.values import Described, Long, Symbol, UInt, ULong
from local.event_hubs.events import drafts, stamped
from tests.unit.local.event_hubs.amqp_values import scalars, values

names = st.text(st.characters(max_codepoint=127), min_size=1, max_size=20)
annotation_maps = st.dictionaries(names.map(Symbol), values, max_size=5)
property_maps = st.dictionaries(names, scalars, max_size=5)


def section(code: int, value: object) -> bytes:
    return encode(Described(code, value))


@given(annotation_maps, property_maps, st.binary(max_size=500))
def test_a_stored_message_keeps_annotations_and_every_byte_behind_them(
    annotations: dict[Symbol, object], properties: dict[str, object], body: bytes
) -> None:
    header = section(0x70, [True])
    rest = section(0x74, properties) + section(0x75, body)
    sent = header + section(0x71, {Symbol("hop"): True}) + section(0x72, annotations) + rest
    event = stamped(drafts([sent], None)[0], 41, 1_700_000_000_000)
    assert event.message.startswith(header)
    assert event.message.endswith(rest)
    expected: dict[object, object] = {
        **dict(annotations.items()),
        "x-opt-sequence-number": 41,
        "x-opt-offset": "41",
        "x-opt-enqueued-time": 1_700_000_000_000,
    }
    assert section_map(event.message, 0x72) == expected
    assert section_value(event.message, 0x71) is None


def test_stamps_that_a_sender_forged_are_replaced() -> None:
    forged = {Symbol("x-opt-offset"): "999", Symbol("x-opt-sequence-number"): Long(999)}
    event = stamped(drafts([section(0x72, forged)], None)[0], 3, 5)
    assert section_map(event.message, 0x72) == {
        "x-opt-sequence-number": 3,
        "x-opt-offset": "3",
        "x-opt-enqueued-time": 5,
    }


def test_the_key_of_a_batch_becomes_that_of_its_events() -> None:
    inner = section(0x72, {Symbol("x-opt-partition-key"): "other", Symbol("mine"): True})
    event = stamped(drafts([inner], "key")[0], 0, 0)
    assert event.partition_key == "key"
    assert section_map(event.message, 0x72)["mine"] is True


def test_an_event_of_the_sdk_is_read_back() -> None:
    event = EventData(b"body")
    event.properties = {"eventType": "OrderPlaced", "n": 1}
    encoded = bytearray()
    sdk: Any = PyamqpTransport
    encode_payload(encoded, sdk.to_outgoing_amqp_message(event.raw_amqp_message))
    stored = stamped(drafts([bytes(encoded)], None)[0], 0, 1_000)
    assert stored.body == b"body"
    assert stored.properties == {"eventType": "OrderPlaced", "n": 1}
    assert stored.enqueued_time.timestamp() == 1


@given(st.binary(max_size=100))
@example(b"\x00\x53\x72\xd1\x00\x00\x00\x05\x00\x00\x00\x01\x40")
@example(b"\x00\x53\x72\xc1\x04\x02\x45\x40\x40")
@example(b"\x00\x53\x72\xa0\x01a")
@example(b"\x00\x53\x75\xa0\xff")
@example(b"\x00\x53\x33\x40")
def test_any_bytes_are_a_message_or_a_decode_fault(content: bytes) -> None:
    for reader in (sections, batched, lambda message: draft(message, without=())):
        try:
            reader(content)
        except DecodeFault:
            continue


@pytest.mark.parametrize(
    "batch",
    [section(0x75, "text"), section(0x75, b"no message")],
    ids=["not binary", "not a message"],
)
def test_a_batch_of_something_else_is_a_decode_fault(batch: bytes) -> None:
    with pytest.raises(DecodeFault):
        batched(batch)


def test_a_message_id_is_given_back_in_its_own_type() -> None:
    message = section(0x73, [ULong(7), None, UInt(1)])
    assert property_as_sent(message, 0) == encode(ULong(7))
    assert property_as_sent(message, 5) == encode(None)


@pytest.mark.parametrize("head", [b"", section(0x70, [True])], ids=["no header", "header"])
def test_delivery_annotations_go_between_header_and_message_annotations(head: bytes) -> None:
    rest = section(0x72, {}) + section(0x75, b"body")
    message = with_delivery_annotations(head + rest, {"last": Long(5)})
    assert message.startswith(head)
    assert message.endswith(rest)
    assert section_map(message, 0x71) == {"last": 5}

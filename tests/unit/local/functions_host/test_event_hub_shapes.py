"""What a batch looks like on the wire, and what the worker library makes of it."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from azure.functions import EventHubEvent
from azure.functions.eventhub import EventHubTriggerConverter

from local.functions_host.event_hub_shapes import (
    DataType,
    HubEvent,
    Partition,
    UndecodableBatch,
    many,
    one,
)
from local.functions_host.worker import Datum

SOURCE = Partition("ns", "hub", "group", "3")
NOON = datetime(2024, 1, 2, 12, 0, 0, 5, tzinfo=UTC)


def read(value: Datum, metadata: dict[str, Datum]) -> list[EventHubEvent]:
    decoded = EventHubTriggerConverter.decode(value, trigger_metadata=metadata)
    return decoded if isinstance(decoded, list) else [decoded]


def event(body: bytes, number: int = 7, key: str | None = None) -> HubEvent:
    return HubEvent(body, number, str(number * 10), NOON, key, {"eventType": "A"})


def test_binary_bodies_are_exact_and_empty_ones_kept() -> None:
    value, _ = many([event(b"\xff\x00"), event(b"")], "BINARY", SOURCE)
    assert (value.type, value.value.bytes) == ("collection_bytes", [b"\xff\x00", b""])


def test_string_bodies_go_through_lossy_utf8_and_empty_ones_are_dropped() -> None:
    value, _ = many([event(b"a\xff"), event(b""), event(b"b")], "STRING", SOURCE)
    assert (value.type, value.value.string) == ("collection_string", ["a\ufffd", "b"])


def test_an_empty_string_body_loses_the_batch_in_the_worker() -> None:
    value, metadata = many([event(b"a"), event(b"")], "STRING", SOURCE)
    with pytest.raises(AssertionError, match="mismatched"):
        read(value, metadata)


def test_without_a_data_type_bodies_are_parsed_and_rewritten() -> None:
    value, _ = many(
        [event(b'{ "at": "2024-01-02T03:04:05.000Z", "x": 1.10 }')], "UNDEFINED", SOURCE
    )
    assert (value.type, value.value) == ("json", '[{"at":"2024-01-02T03:04:05Z","x":1.1}]')


@pytest.mark.parametrize("body", [b"", b"plain", b"\xff"])
def test_without_a_data_type_one_body_that_is_not_json_fails_the_batch(body: bytes) -> None:
    with pytest.raises(UndecodableBatch):
        many([event(b"{}"), event(body)], "UNDEFINED", SOURCE)


def test_the_metadata_of_a_batch_has_these_names_and_types() -> None:
    _, metadata = many([event(b"a", 1, "k"), event(b"b", 2)], "BINARY", SOURCE)
    assert {name: datum.type for name, datum in metadata.items()} == {
        "PartitionContext": "json",
        "SequenceNumberArray": "collection_sint64",
        "OffsetArray": "collection_string",
        "PartitionKeyArray": "collection_string",
        "EnqueuedTimeUtcArray": "json",
        "PropertiesArray": "json",
        "SystemPropertiesArray": "json",
    }
    assert metadata["SequenceNumberArray"].value.sint64 == [1, 2]
    assert metadata["OffsetArray"].value.string == ["10", "20"]
    assert metadata["PartitionKeyArray"].value.string == ["k"]
    assert json.loads(metadata["PropertiesArray"].value) == [{"eventType": "A"}] * 2
    assert json.loads(metadata["PartitionContext"].value)["PartitionId"] == "3"


@pytest.mark.parametrize("data_type", ["BINARY", "STRING", "UNDEFINED"])
def test_the_worker_reads_a_batch_event_by_event(data_type: DataType) -> None:
    value, metadata = many([event(b"1", 4, "k"), event(b"2", 5)], data_type, SOURCE)
    first, second = read(value, metadata)
    assert (first.get_body(), first.sequence_number, str(first.offset)) == (b"1", 4, "40")
    assert (first.partition_key, second.partition_key) == ("k", None)


def test_the_enqueued_time_is_utc_without_a_zone() -> None:
    late = HubEvent(b"a", 1, "1", NOON.astimezone(timezone(timedelta(hours=5))))
    value, metadata = many([late], "BINARY", SOURCE)
    (found,) = read(value, metadata)
    assert found.enqueued_time == NOON.replace(tzinfo=None)


@pytest.mark.parametrize(
    ("data_type", "kind", "body"),
    [("BINARY", "bytes", b"a\xff"), ("STRING", "string", b"a\xef\xbf\xbd")],
)
def test_the_worker_reads_a_single_event(data_type: DataType, kind: str, body: bytes) -> None:
    value, metadata = one(event(b"a\xff", 4, "k"), data_type, SOURCE)
    (found,) = read(value, metadata)
    assert value.type == kind
    assert (found.get_body(), found.sequence_number, found.offset, found.partition_key) == (
        body,
        4,
        "40",
        "k",
    )


def test_a_single_event_without_a_key_has_none() -> None:
    value, metadata = one(event(b"a"), "BINARY", SOURCE)
    assert read(value, metadata)[0].partition_key is None

"""What the Event Hubs trigger puts on the wire for a batch, by `cardinality` and `data_type`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, Literal

from local.functions_host import newtonsoft
from local.functions_host.worker import Datum

type DataType = Literal["BINARY", "STRING", "UNDEFINED"]


type Call = tuple[Datum, dict[str, Datum]]
"""The trigger's value and its metadata."""


class UndecodableBatch(Exception):
    """A body is not JSON and the trigger has no `data_type`: the batch never reaches Python."""


@dataclass(frozen=True, slots=True)
class HubEvent:
    """An event as a receiver sees it; `enqueued` has a zone."""

    body: bytes
    sequence_number: int
    offset: str
    enqueued: datetime
    partition_key: str | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Partition:
    """Where a batch comes from."""

    namespace: str
    hub: str
    group: str
    partition: str

    def datum(self) -> Datum:
        """`PartitionContext`."""
        return _json(
            {
                "FullyQualifiedNamespace": self.namespace,
                "EventHubName": self.hub,
                "ConsumerGroup": self.group,
                "PartitionId": self.partition,
                "IsCheckpointingAfterInvocation": True,
            }
        )


def many(events: Sequence[HubEvent], data_type: DataType, source: Partition) -> Call:
    """Value and metadata of one call for all events. Raises UndecodableBatch."""
    numbers = SimpleNamespace(sint64=[event.sequence_number for event in events])
    return _bodies([event.body for event in events], data_type), {
        "PartitionContext": source.datum(),
        "PartitionKeyArray": _strings([event.partition_key for event in events]),
        "OffsetArray": _strings([event.offset for event in events]),
        "SequenceNumberArray": Datum(numbers, "collection_sint64"),
        "EnqueuedTimeUtcArray": _json([_naive_utc(event.enqueued) for event in events]),
        "PropertiesArray": _json([dict(event.properties) for event in events]),
        "SystemPropertiesArray": _json([_system_properties(event) for event in events]),
    }


def one(event: HubEvent, data_type: DataType, source: Partition) -> Call:
    """Value and metadata of a call for a single event."""
    if data_type == "BINARY":
        value = Datum(event.body, "bytes")
    else:
        value = Datum(event.body.decode("utf-8", "replace"), "string")
    key = Datum(event.partition_key, "string" if event.partition_key is not None else None)
    return value, {
        "PartitionContext": source.datum(),
        "PartitionKey": key,
        "Offset": Datum(event.offset, "string"),
        "SequenceNumber": _json(event.sequence_number),
        "EnqueuedTimeUtc": _json(_naive_utc(event.enqueued)),
        "Properties": _json(dict(event.properties)),
        "SystemProperties": _json(_system_properties(event)),
    }


def _bodies(bodies: Sequence[bytes], data_type: DataType) -> Datum:
    match data_type:
        case "BINARY":
            return Datum(SimpleNamespace(bytes=list(bodies)), "collection_bytes")
        case "STRING":
            return _strings([body.decode("utf-8", "replace") for body in bodies])
        case "UNDEFINED":
            try:
                parsed = [json.loads(body) for body in bodies]
            except ValueError as error:
                raise UndecodableBatch(str(error)) from error
            return Datum(newtonsoft.dumps(parsed), "json")


def _strings(texts: Sequence[str | None]) -> Datum:
    """Empty and missing ones are dropped: what follows moves up."""
    return Datum(SimpleNamespace(string=[text for text in texts if text]), "collection_string")


def _system_properties(event: HubEvent) -> dict[str, Any]:
    return {
        "SequenceNumber": event.sequence_number,
        "Offset": event.offset,
        "PartitionKey": event.partition_key,
        "EnqueuedTimeUtc": _naive_utc(event.enqueued),
    }


def _naive_utc(moment: datetime) -> str:
    """The .NET value has no kind, so its text has no zone: it is UTC all the same."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat()


def _json(value: object) -> Datum:
    return Datum(json.dumps(value, separators=(",", ":"), ensure_ascii=False), "json")

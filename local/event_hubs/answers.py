"""What `$cbs` and `$management` answer to a request's application properties."""

from dataclasses import dataclass

from local.event_hubs.amqp.errors import ARGUMENT_ERROR, NOT_FOUND, NOT_IMPLEMENTED
from local.event_hubs.amqp.values import Int, Long, StringArray, Timestamp
from local.event_hubs.broker import EventHubs, Hub
from local.event_hubs.partition import Partition

_HUB_TYPE = "com.microsoft:eventhub"
_PARTITION_TYPE = "com.microsoft:partition"


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP-like status, a sentence, for errors the AMQP condition, and the body's map."""

    status: int
    description: str
    condition: str | None = None
    body: dict[str, object] | None = None


def authorize(request: dict[object, object]) -> Answer:
    """`$cbs`: accept every put-token, as the official emulator does. There is nothing here to protect."""
    if request.get("operation") != "put-token":
        return _unsupported("operation", request.get("operation"), "put-token")
    return Answer(202, "Accepted")


def manage(broker: EventHubs, request: dict[object, object]) -> Answer:
    """`$management`: READ of a hub or of one of its partitions."""
    if request.get("operation") != "READ":
        return _unsupported("operation", request.get("operation"), "READ")
    name = str(request.get("name"))
    hub = broker.hub(name)
    if hub is None:
        existing = ", ".join(one.name for one in broker.hubs)
        return _not_found(f"The messaging entity '{name}' could not be found; hubs: {existing}.")
    match request.get("type"):
        case "com.microsoft:eventhub":
            return Answer(200, "OK", body=_hub(hub))
        case "com.microsoft:partition":
            return _partition_answer(hub, str(request.get("partition")))
        case other:
            return _unsupported("type", other, f"{_HUB_TYPE} or {_PARTITION_TYPE}")


def _partition_answer(hub: Hub, id_: str) -> Answer:
    partition = hub.partition(id_)
    if partition is None:
        return _not_found(
            f"The partition '{id_}' could not be found; hub '{hub.name}' has partitions "
            f"0 to {len(hub.partitions) - 1}."
        )
    return Answer(200, "OK", body=_partition(hub, partition))


def _hub(hub: Hub) -> dict[str, object]:
    return {
        "name": hub.name,
        "type": _HUB_TYPE,
        "created_at": Timestamp(hub.created_at),
        "partition_count": Int(len(hub.partitions)),
        "partition_ids": StringArray(str(one.id) for one in hub.partitions),
        "georeplication_factor": Int(1),
    }


def _partition(hub: Hub, partition: Partition) -> dict[str, object]:
    last = partition.next - 1
    return {
        "name": hub.name,
        "type": _PARTITION_TYPE,
        "partition": str(partition.id),
        "begin_sequence_number": Long(-1 if partition.is_empty else partition.first),
        "last_enqueued_sequence_number": Long(last),
        "last_enqueued_offset": str(last),
        "last_enqueued_time_utc": Timestamp(partition.last_enqueued_at),
        "is_partition_empty": partition.is_empty,
    }


def _not_found(description: str) -> Answer:
    return Answer(404, description, NOT_FOUND)


def _unsupported(what: str, given: object, expected: str) -> Answer:
    condition = ARGUMENT_ERROR if what == "type" else NOT_IMPLEMENTED
    return Answer(400, f"The {what} {given!r} is not supported: expected {expected}.", condition)

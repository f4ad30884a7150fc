"""What Cosmos DB and Event Hubs hold and have done, as the page shows it."""

from datetime import UTC, datetime

import msgspec

from local.cosmos import Cosmos
from local.event_hubs import EventHubs
from local.event_hubs.broker import Hub
from local.event_hubs.partition import Partition


class Operation(msgspec.Struct, frozen=True, rename="camel"):
    """Requests of one kind (`point_read`, `query`, `batch` …) and what they cost together."""

    kind: str
    requests: int
    request_units: float


class Container(msgspec.Struct, frozen=True, rename="camel"):
    """A container, its documents by now, and what was asked of it since the counts began."""

    name: str
    partition_key: list[str]
    documents: int
    operations: list[Operation]


class Containers(msgspec.Struct, frozen=True, rename="camel"):
    """The containers; `request_units` counts what is about no container too. Modelled, not measured."""

    modelled: bool
    request_units: float
    containers: list[Container]


class PartitionState(msgspec.Struct, frozen=True, rename="camel"):
    """A partition: the sequence numbers of its oldest event and of the next one to come, equal when it is
    empty, and the time of its newest event, null when it never had one."""

    id: str
    first: int
    next: int
    last_enqueued: datetime | None


class GroupPartition(msgspec.Struct, frozen=True, rename="camel"):
    """A consumer group at a partition: how many read there, and how many events they were not sent yet; null
    where nobody reads: positions are the readers' own."""

    id: str
    readers: int
    behind: int | None


class ConsumerGroup(msgspec.Struct, frozen=True):
    name: str
    partitions: list[GroupPartition]


class HubState(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    partitions: list[PartitionState]
    consumer_groups: list[ConsumerGroup]


class Hubs(msgspec.Struct, frozen=True):
    hubs: list[HubState]


class Servers:
    """Both servers of this process."""

    def __init__(self, cosmos: Cosmos, event_hubs: EventHubs, database: str) -> None:
        self.cosmos = cosmos
        self.database = database
        self._event_hubs = event_hubs

    def containers(self) -> Containers:
        """The database's containers, in the order of their making."""
        stats = self.cosmos.stats
        containers = [
            Container(one.name, list(one.partition_key), one.documents, self._operations(one.name))
            for one in self.cosmos.inspection.contents(self.database)
        ]
        return Containers(True, stats.request_units(), containers)

    def hubs(self) -> Hubs:
        return Hubs([_hub(hub) for hub in self._event_hubs.hubs])

    def _operations(self, container: str) -> list[Operation]:
        made = self.cosmos.stats.operations(container)
        return [Operation(kind, count, units) for kind, (count, units) in made.items()]


def _hub(hub: Hub) -> HubState:
    groups = [
        ConsumerGroup(group, [_position(group, one) for one in hub.partitions])
        for group in hub.groups
    ]
    return HubState(hub.name, [_partition(one) for one in hub.partitions], groups)


def _partition(partition: Partition) -> PartitionState:
    newest = partition.last_enqueued_at
    moment = datetime.fromtimestamp(newest / 1000, UTC) if newest else None
    return PartitionState(str(partition.id), partition.first, partition.next, moment)


def _position(group: str, partition: Partition) -> GroupPartition:
    """As far as the foremost reader: while a partition changes hands there are two."""
    positions = partition.readers.positions(group.lower())
    behind = partition.next - 1 - max(positions) if positions else None
    return GroupPartition(str(partition.id), len(positions), behind)

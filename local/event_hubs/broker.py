"""The broker: hubs with their partitions over one durable log. Knows nothing of connections."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from local.event_hubs.events import StoredEvent
from local.event_hubs.faults import Faults
from local.event_hubs.folder_lock import FolderLock
from local.event_hubs.hub_spec import HubSpec
from local.event_hubs.log import Log
from local.event_hubs.partition import Partition
from local.event_hubs.partition_hash import partition_for_key

DATABASE_FILE = "event_hubs.db"
LOCK_FILE = "event_hubs.lock"


@dataclass(frozen=True, slots=True)
class PartitionStats:
    """A partition's bounds; `first` equals `next` when it is empty."""

    first: int
    next: int


@dataclass(frozen=True, slots=True)
class Stats:
    """What the broker has done since it was made, and what it holds."""

    commits: int
    refusals: int
    events_delivered: int
    hubs: dict[str, list[PartitionStats]]


class Hub:
    """A hub: where its events go and who may read them."""

    def __init__(self, spec: HubSpec, created_at: int, partitions: list[Partition]) -> None:
        self.name = spec.name
        self.created_at = created_at
        self.partitions = partitions
        self.retention_ms = int(spec.retention_hours * 3_600_000)
        self.groups = spec.all_groups
        self._groups = {group.lower() for group in spec.all_groups}
        self._by_id = {str(partition.id): partition for partition in partitions}
        self._turn = 0

    def has_group(self, name: str) -> bool:
        return name.lower() in self._groups

    def partition(self, id_: str) -> Partition | None:
        """The partition with this id, '0' to the number of partitions less one."""
        return self._by_id.get(id_)

    def partition_for(self, key: str | None) -> Partition:
        """The partition of a key; without one, the partitions in turn."""
        if key is not None:
            return self.partitions[partition_for_key(key, len(self.partitions))]
        self._turn = (self._turn + 1) % len(self.partitions)
        return self.partitions[self._turn]


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class EventHubs:
    """Event hubs in a folder, or in memory. One event loop at a time may serve it (`serve`)."""

    def __init__(
        self,
        hubs: Sequence[HubSpec],
        folder: Path | None = None,
        *,
        now: Callable[[], int] = _now_ms,
    ) -> None:
        """Open what the folder holds and create what is missing. `now` answers milliseconds since 1970.

        Raises FolderInUse when another process serves the folder, ValueError when a hub is declared twice or
        with fewer partitions than it has.
        """
        names = [spec.name.lower() for spec in hubs]
        if len(set(names)) < len(names):
            raise ValueError(f"hubs differ in more than upper and lower case: {sorted(names)}")
        self.faults = Faults()
        self.refusals = 0
        self.events_delivered = 0
        self.now = now
        self._lock = FolderLock(folder / LOCK_FILE) if folder else None
        self.log = Log(folder / DATABASE_FILE if folder else None, now)
        try:
            self._hubs = {spec.name.lower(): self._open(spec) for spec in hubs}
        except ValueError:
            self.close()
            raise
        self.trim()

    @property
    def hubs(self) -> list[Hub]:
        return list(self._hubs.values())

    def hub(self, name: str) -> Hub | None:
        """A hub by its name in any case."""
        return self._hubs.get(name.lower())

    def read(self, hub: str, partition: int, after: int = -1) -> list[StoredEvent]:
        """All events of a partition after a sequence number, without AMQP.

        Raises KeyError for an unknown hub, IndexError for an unknown partition.
        """
        source = self._hubs[hub.lower()].partitions[partition]
        events: list[StoredEvent] = []
        while chunk := self.log.read(source, events[-1].sequence_number if events else after):
            events += chunk
        return events

    def stats(self) -> Stats:
        bounds = {
            hub.name: [PartitionStats(one.first, one.next) for one in hub.partitions]
            for hub in self.hubs
        }
        return Stats(self.log.commits, self.refusals, self.events_delivered, bounds)

    def trim(self) -> None:
        """Delete what is older than its hub's retention; done when the log's writer comes to it."""
        for hub in self.hubs:
            for partition in hub.partitions:
                self.log.trim(partition, self.now() - hub.retention_ms)

    def close(self) -> None:
        """Commit what is under way, close the log and let go of the folder."""
        self.log.close()
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _open(self, spec: HubSpec) -> Hub:
        created_at, partitions = self.log.open_hub(spec.name.lower(), spec.partitions)
        return Hub(spec, created_at, partitions)

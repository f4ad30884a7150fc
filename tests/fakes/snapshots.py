"""Snapshots in memory."""

from typing import Any

from domain.aggregate import Aggregate
from event_store.errors import StoreUnavailable
from event_store.snapshots import Snapshot


class FakeSnapshotStore:
    """The newest snapshot of each stream and shape; `away` makes writing fail."""

    def __init__(self) -> None:
        self.snapshots: dict[tuple[str, int], Snapshot[Any]] = {}
        self.requests: list[str] = []
        self.away = False

    async def load[S](self, aggregate: Aggregate[S, Any, Any], stream: str) -> Snapshot[S] | None:
        self.requests.append("load")
        return self.snapshots.get((stream, aggregate.shape))

    async def save(
        self, aggregate: Aggregate[Any, Any, Any], stream: str, snapshot: Snapshot[Any]
    ) -> None:
        self.requests.append("save")
        if self.away:
            raise StoreUnavailable("injected")
        self.snapshots[stream, aggregate.shape] = snapshot

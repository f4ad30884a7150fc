"""How far each projection is behind, exactly: what lies behind reconcile's position is looked through."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from projections.arrivals import kind_of
from projections.dead_letters import DeadLetters
from projections.feed_reader import FeedReader, Page
from projections.generations import GenerationStore
from projections.keepers import Keepers
from projections.positions import Kept, Positions
from projections.projection import Projection, Reaction
from projections.reconcile import OWNER

MOST_COUNTED: Final = 20_000
"""Events that a lag counts before it says `at least`."""


class Lag(msgspec.Struct, frozen=True, rename="camel"):
    """How far a projection is behind: events that it has not applied, and the age in seconds of the
    oldest of them. `newest` is the timestamp of the newest event that it has applied, if any."""

    seconds: float
    events: int
    newest: str | None
    at_least: bool = False


class LagMeter:
    """Measures lags: reads on from reconcile's position, which everything before has passed."""

    def __init__(
        self,
        reader: FeedReader,
        positions: Positions,
        keepers: Keepers,
        generations: GenerationStore,
        dead_letters: DeadLetters,
    ) -> None:
        self._reader = reader
        self._positions = positions
        self._keepers = keepers
        self._generations = generations
        self._dead_letters = dead_letters

    async def measure(self, projection: Projection) -> Lag:
        """The lag of the live generation; parked aggregates do not count. Raises StoreUnavailable."""
        (lag,) = (await self.measure_all([projection])).values()
        return lag

    async def measure_all(self, projections: Iterable[Projection]) -> dict[str, Lag]:
        """The lags of several, by name, over one reading of the feed."""
        kept = await self._positions.load(OWNER)
        counts = [await self._count(projection, kept) for projection in projections]
        for position in [one.position for one in kept] or await self._reader.ranges():
            async for page in self._reader.pages(position):
                for count in counts:
                    await self._add(count, page)
                if all(count.is_full for count in counts):
                    break
        return {count.projection.name: count.lag() for count in counts}

    async def _count(self, projection: Projection, kept: Iterable[Kept]) -> "_Count":
        live = (await self._generations.read(projection)).live
        parked = await self._dead_letters.parked(projection.name, live)
        newest = [one.newest.get(of.name, "") for one in kept for of in projection.follows]
        return _Count(projection, parked, newest)

    async def _add(self, count: "_Count", page: Page) -> None:
        """Counts what a page has of a projection's business."""
        if count.is_full:
            return
        documents = [d for d in page.documents if count.projection.sees(kind_of(d))]
        versions = await self.versions(count.projection, {d["aggregateId"] for d in documents})
        for document in documents:
            count.add(document, versions)

    async def versions(
        self, projection: Projection, aggregate_ids: Iterable[str]
    ) -> Mapping[str, int]:
        """The version that the live generation has of some aggregates; 0 where it has none, but for a
        reaction, which is not behind with what it never saw: those are left out."""
        keeper = self._keepers.of(projection, (await self._generations.read(projection)).live)
        partitions: dict[str, list[str]] = {}
        for aggregate_id in aggregate_ids:
            partitions.setdefault(keeper.partition(aggregate_id), []).append(aggregate_id)
        versions: dict[str, int] = {}
        for partition, ids in partitions.items():
            for id_, stored in (await keeper.load(partition, ids)).items():
                if stored.etag or not isinstance(projection, Reaction):
                    versions[id_] = stored.cursor.version
        return versions


class _Count:
    """What was seen of the feed on behalf of one projection."""

    def __init__(self, projection: Projection, parked: set[str], newest: list[str]) -> None:
        self.projection = projection
        self._parked = parked
        self._newest = newest
        self._missing: list[str] = []

    @property
    def is_full(self) -> bool:
        return len(self._missing) > MOST_COUNTED

    def add(self, document: Mapping[str, Any], versions: Mapping[str, int]) -> None:
        id_ = document["aggregateId"]
        if document["version"] <= versions.get(id_, 0):
            self._newest.append(document["timestamp"])
        elif id_ in versions and id_ not in self._parked:
            self._missing.append(document["timestamp"])

    def lag(self) -> Lag:
        newest = max(self._newest, default="") or None
        return Lag(age(self._missing), len(self._missing), newest, self.is_full)


def age(timestamps: Sequence[str]) -> float:
    """Seconds since the oldest of some events; 0 for none."""
    if not timestamps:
        return 0.0
    oldest = datetime.fromisoformat(min(timestamps))
    return max(0.0, (datetime.now(UTC) - oldest).total_seconds())

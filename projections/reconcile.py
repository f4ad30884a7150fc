"""What delivery lost for good, healed; and how far each projection is behind, exactly.

A reader of the change feed follows some minutes behind and calls catch up for whatever a projection lacks. What
lies before its position is in every projection, or parked, and on the hub, or marked to be sent there again;
what lies behind it is counted for the lag.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Final

import msgspec

from domain.events import Recorded
from event_store.archive import is_stub
from event_store.documents import Codec
from event_store.errors import DamagedEvent
from event_store.settling import settle
from projections.dead_letters import DeadLetters
from projections.engine import Engine, grouped
from projections.feed_reader import FeedReader, Page
from projections.generations import GenerationStore
from projections.keepers import Keepers
from projections.partition_run import Batch
from projections.positions import Kept, Positions
from projections.projection import Projection, Reaction
from projections.undelivered import Undelivered

BEHIND_SECONDS: Final = 120.0
"""What live delivery has before reconcile looks; else it would find work that is under way."""
OWNER: Final = "reconcile"
MOST_COUNTED: Final = 20_000
"""Events that a lag counts before it says `at least`."""


class Lag(msgspec.Struct, frozen=True, rename="camel"):
    """How far a projection is behind: events that it has not applied, and the age in seconds of the
    oldest of them. `newest` is the timestamp of the newest event that it has applied, if any."""

    seconds: float
    events: int
    newest: str | None
    at_least: bool = False


class Reconcile:
    """Follows the feed behind live delivery."""

    def __init__(
        self,
        reader: FeedReader,
        positions: Positions,
        codec: Codec,
        engine: Engine,
        undelivered: Undelivered,
        behind_seconds: float = BEHIND_SECONDS,
    ) -> None:
        self._reader = reader
        self._positions = positions
        self._codec = codec
        self._engine = engine
        self._undelivered = undelivered
        self._behind_seconds = behind_seconds

    async def run(self, projections: Sequence[Projection], seconds: float) -> None:
        """Goes on from where the last run ended, for so many seconds at most.

        Raises an ExceptionGroup when a projection could not catch up; the position stays there. What
        earlier runs marked as undelivered is sent meanwhile.
        """
        kept = await self._positions.load(OWNER)
        if not kept:
            kept = await self._positions.begin(OWNER, await self._reader.ranges())
        until, deadline = time.time() - self._behind_seconds, time.monotonic() + seconds
        await settle(
            "reconcile stopped",
            (
                self._undelivered.forward(),
                *(self._range(projections, one, until, deadline) for one in kept),
            ),
        )

    async def _range(
        self, projections: Sequence[Projection], kept: Kept, until: float, deadline: float
    ) -> None:
        async for page in self._reader.pages(kept.position, until):
            news = arrived(self._codec, page)
            await settle(
                "projections could not catch up",
                (self._heal(projection, batch_of(projection, news)) for projection in projections),
            )
            kept = progressed(kept, page)
            await self._positions.save(OWNER, kept)
            if time.monotonic() > deadline:
                return

    async def _heal(self, projection: Projection, batch: Batch) -> None:
        late = await self._engine.lacking(projection, batch)
        await self._undelivered.mark(chain.from_iterable(late.values()))
        await self._engine.catch_up_batch(projection, late)


class LagMeter:
    """Measures lags: reads on from reconcile's position, which everything before has passed."""

    def __init__(
        self,
        reader: FeedReader,
        positions: Positions,
        codec: Codec,
        keepers: Keepers,
        generations: GenerationStore,
        dead_letters: DeadLetters,
    ) -> None:
        self._reader = reader
        self._positions = positions
        self._codec = codec
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


class Arrived(msgspec.Struct, frozen=True):
    """What a page brings: its events, and by aggregate id the types of aggregates of which it has an
    event that is damaged."""

    events: Sequence[Recorded[Any]]
    damaged: Mapping[str, str]


def arrived(codec: Codec, page: Page) -> Arrived:
    """A page, decoded; a stub stands for what every projection had before it was archived.

    Raises UnreadableEvent for what is newer than the code.
    """
    events: list[Recorded[Any]] = []
    damaged: dict[str, str] = {}
    for document in page.documents:
        if is_stub(document):
            continue
        try:
            events.append(codec.decode(document))
        except DamagedEvent:
            damaged[document["aggregateId"]] = kind_of(document)
    return Arrived(events, damaged)


def batch_of(projection: Projection, news: Arrived) -> Batch:
    """What of it is a projection's business. An aggregate with a damaged event comes without any: the
    engine reads its stream, and parks it over what it finds there."""
    damaged = {id_: () for id_, kind in news.damaged.items() if projection.sees(kind)}
    return {**grouped(seen(projection, news.events)), **damaged}


def kind_of(document: Mapping[str, Any]) -> str:
    """The aggregate type that a stored event says it is of."""
    return str(document.get("aggregateType"))


def seen(projection: Projection, events: Iterable[Recorded[Any]]) -> list[Recorded[Any]]:
    """The events that are a projection's business."""
    kinds = tuple(kind for aggregate in projection.follows for kind in aggregate.events)
    return [event for event in events if isinstance(event.data, kinds)]


def progressed(kept: Kept, page: Page) -> Kept:
    """A reader's position behind a page."""
    newest = dict(kept.newest)
    for document in page.documents:
        kind = kind_of(document)
        newest[kind] = max(newest.get(kind, ""), str(document.get("timestamp")))
    events = kept.events + len(page.documents)
    return Kept(kept.id, page.position, events, page.share, newest)


def age(timestamps: Sequence[str]) -> float:
    """Seconds since the oldest of some events; 0 for none."""
    if not timestamps:
        return 0.0
    oldest = datetime.fromisoformat(min(timestamps))
    return max(0.0, (datetime.now(UTC) - oldest).total_seconds())

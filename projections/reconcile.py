"""What delivery lost for good, healed; and how far each projection is behind, exactly.

A reader of the change feed follows some minutes behind and calls catch up for whatever it finds. What lies
before its position is in every projection, or parked; what lies behind it is counted for the lag.
"""

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from domain.events import Recorded
from event_store.documents import Codec
from event_store.errors import DamagedEvent
from event_store.settling import settle
from projections.dead_letters import DeadLetters
from projections.engine import Engine, grouped
from projections.feed_reader import FeedReader, Page
from projections.generations import GenerationStore
from projections.keepers import Keepers
from projections.positions import Kept, Positions
from projections.projection import Projection, Reaction

BEHIND_SECONDS: Final = 120.0
"""What live delivery has before reconcile looks; else it would find work that is under way."""
OWNER: Final = "reconcile"
MOST_COUNTED: Final = 20_000
"""Events that a lag counts before it says `at least`."""

logger = logging.getLogger(__name__)


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
        behind_seconds: float = BEHIND_SECONDS,
    ) -> None:
        self._reader = reader
        self._positions = positions
        self._codec = codec
        self._engine = engine
        self._behind_seconds = behind_seconds

    async def run(self, projections: Sequence[Projection], seconds: float) -> None:
        """Goes on from where the last run ended, for so many seconds at most.

        Raises an ExceptionGroup when a projection could not catch up; the position stays there.
        """
        kept = await self._positions.load(OWNER)
        if not kept:
            kept = await self._positions.begin(OWNER, await self._reader.ranges())
        until, deadline = time.time() - self._behind_seconds, time.monotonic() + seconds
        await settle(
            "reconcile stopped",
            (self._range(projections, one, until, deadline) for one in kept),
        )

    async def _range(
        self, projections: Sequence[Projection], kept: Kept, until: float, deadline: float
    ) -> None:
        async for page in self._reader.pages(kept.position, until):
            events = decoded(self._codec, page)
            await settle(
                "projections could not catch up",
                (self._engine.catch_up(p, seen(p, events)) for p in projections),
            )
            kept = progressed(kept, page)
            await self._positions.save(OWNER, kept)
            if time.monotonic() > deadline:
                return


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
        live = (await self._generations.read(projection)).live
        parked = await self._dead_letters.parked(projection.name, live)
        kept = await self._positions.load(OWNER)
        newest = max((one.newest for one in kept), default="")
        positions = [one.position for one in kept] or await self._reader.ranges()
        missing: list[str] = []
        for position in positions:
            async for page in self._reader.pages(position):
                events = seen(projection, decoded(self._codec, page))
                versions = await self.versions(projection, list(grouped(events)))
                applied = [e for e in events if e.version <= versions.get(e.aggregate_id, 0)]
                newest = max([newest, *(event.timestamp for event in applied)])
                missing += [
                    event.timestamp
                    for event in events
                    if event.aggregate_id not in parked
                    and event.version > versions.get(event.aggregate_id, event.version)
                ]
                if len(missing) > MOST_COUNTED:
                    break
        return Lag(age(missing), len(missing), newest or None, len(missing) > MOST_COUNTED)

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


def decoded(codec: Codec, page: Page) -> list[Recorded[Any]]:
    """A page's events. A damaged one is left to its aggregate, which will be parked over it."""
    events = []
    for document in page.documents:
        try:
            events.append(codec.decode(document))
        except DamagedEvent as error:
            logger.error("%s", error)
    return events


def seen(projection: Projection, events: Iterable[Recorded[Any]]) -> list[Recorded[Any]]:
    """The events that are a projection's business."""
    kinds = tuple(kind for aggregate in projection.follows for kind in aggregate.events)
    return [event for event in events if isinstance(event.data, kinds)]


def progressed(kept: Kept, page: Page) -> Kept:
    """A reader's position behind a page."""
    newest = max([kept.newest, *(document["timestamp"] for document in page.documents)])
    events = kept.events + len(page.documents)
    return Kept(kept.id, page.position, events, page.share, newest)


def age(timestamps: Sequence[str]) -> float:
    """Seconds since the oldest of some events; 0 for none."""
    if not timestamps:
        return 0.0
    oldest = datetime.fromisoformat(min(timestamps))
    return max(0.0, (datetime.now(UTC) - oldest).total_seconds())

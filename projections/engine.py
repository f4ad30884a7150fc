"""Catch up: bring what is kept of a batch's aggregates to their newest events, whatever was delivered."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from operator import attrgetter
from typing import Any, Final

from domain.events import Recorded
from event_store.errors import DamagedEvent, StoreUnavailable
from event_store.settling import settle
from event_store.store import EventStore
from projections.advance import Cursor, Evolve, Gap, advance
from projections.dead_letters import DeadLetters, described
from projections.generations import GenerationStore
from projections.keeper import Change, Keeper, Refused, Stored
from projections.keepers import Keepers
from projections.projection import Projection, Reaction

CONCURRENCY: Final = 16
ATTEMPTS: Final = 100
"""Of those who write at the same time one wins each time: so many are never needed."""

logger = logging.getLogger(__name__)

type Batch = Mapping[str, Sequence[Recorded[Any]]]
"""Events by aggregate, those of one sorted by version."""


class Unfoldable(Exception):
    """An aggregate whose events the projection cannot digest; the cause says why."""


class Engine:
    """Keeps projections up to date. Applied twice it changes nothing: each state knows its version.

    What goes wrong for one aggregate for good parks that aggregate; nothing waits for it. What passes
    with time (throttling, an outage, a missing right, an event newer than the code) is raised.
    """

    def __init__(
        self,
        store: EventStore,
        keepers: Keepers,
        generations: GenerationStore,
        dead_letters: DeadLetters,
    ) -> None:
        self._store = store
        self._keepers = keepers
        self._generations = generations
        self._dead_letters = dead_letters

    async def catch_up(self, projection: Projection, events: Iterable[Recorded[Any]]) -> None:
        """Brings what is kept of every aggregate that has an event here at least to that event, in all
        generations that are written.

        Repeats, any order and missing events are fine. Raises an ExceptionGroup when some could not be
        brought there; the others were.
        """
        await self.catch_up_batch(projection, grouped(events))

    async def catch_up_batch(self, projection: Projection, batch: Batch) -> None:
        """The same for events by aggregate. One without any is brought to the end of its stream."""
        if batch:
            generations = await self._generations.read(projection)
            for generation in generations.written:
                await self.catch_up_generation(projection, generation, batch)

    async def catch_up_generation(
        self, projection: Projection, generation: int, batch: Batch
    ) -> None:
        """The same for one generation."""
        keeper = self._keepers.of(projection, generation)
        partitions: defaultdict[str, dict[str, Sequence[Recorded[Any]]]] = defaultdict(dict)
        for aggregate_id, events in batch.items():
            partitions[keeper.partition(aggregate_id)][aggregate_id] = events
        slots = asyncio.Semaphore(CONCURRENCY)

        async def one(partition: str, group: Batch) -> None:
            async with slots:
                run = _Run(self._store, self._dead_letters, projection, generation, keeper)
                await run.catch_up(partition, group)

        await settle(
            f"{projection.name} could not catch up",
            (one(partition, group) for partition, group in partitions.items()),
        )

    async def replay(self, projection: Projection, generation: int, aggregate_id: str) -> None:
        """Brings one aggregate to the end of its stream. Raises as catch_up does.

        In a generation that is no longer written there is nothing left to mend.
        """
        if generation in (await self._generations.read(projection)).written:
            await self.catch_up_generation(projection, generation, {aggregate_id: ()})
        else:
            await self._dead_letters.succeeded(projection.name, generation, aggregate_id)


class _Run:
    """One partition of one projection in one generation, on its way to the newest events."""

    def __init__(
        self,
        store: EventStore,
        dead_letters: DeadLetters,
        projection: Projection,
        generation: int,
        keeper: Keeper[Any],
    ) -> None:
        self._store = store
        self._dead_letters = dead_letters
        self._projection = projection
        self._generation = generation
        self._keeper = keeper

    async def catch_up(self, partition: str, batch: Batch) -> None:
        """Raises an ExceptionGroup of what could not be read of some aggregates, when the others are
        kept; StoreUnavailable when other writers were faster every time."""
        for _ in range(ATTEMPTS):
            stored = await self._keeper.load(partition, list(batch))
            changes, failures = await self._changes(batch, stored)
            if not changes or await self._kept(partition, batch, changes):
                break
        else:
            raise StoreUnavailable(
                f"{self._projection.name}: {ATTEMPTS} writes to '{partition}' came too late"
            )
        if failures:
            raise ExceptionGroup(f"{self._projection.name} could not catch up", failures)

    async def _changes(
        self, batch: Batch, stored: Mapping[str, Stored[Any]]
    ) -> tuple[list[Change[Any]], list[Exception]]:
        """What there is to keep, and why some aggregates are not among it."""
        changes: list[Change[Any]] = []
        failures: list[Exception] = []
        for id_, events in batch.items():
            try:
                change = await self._advanced(id_, stored[id_], events)
            except Exception as error:  # noqa: BLE001  # raised in the end, with the others'
                failures.append(error)
                continue
            if change:
                changes.append(change)
        return changes, failures

    async def _kept(self, partition: str, batch: Batch, changes: Sequence[Change[Any]]) -> bool:
        """False when another writer was faster."""
        try:
            if not await self._keeper.save(partition, changes):
                return False
        except Refused as error:
            await self._isolate(partition, batch, changes, error)
            return True
        for change in changes:
            await self._succeeded(change.aggregate_id)
        return True

    async def _advanced(
        self, aggregate_id: str, stored: Stored[Any], events: Sequence[Recorded[Any]]
    ) -> Change[Any] | None:
        """How far an aggregate gets; None where it stays. One that cannot be folded is parked."""
        if not events and self._is_news(stored):
            return None
        try:
            cursor = await self._advance(aggregate_id, stored, events)
        except (Unfoldable, DamagedEvent) as error:
            await self._park(aggregate_id, error)
            return None
        if cursor.version == stored.cursor.version:
            await self._succeeded(aggregate_id)
            return None
        return Change(aggregate_id, stored, cursor)

    async def _advance(
        self, aggregate_id: str, stored: Stored[Any], events: Sequence[Recorded[Any]]
    ) -> Cursor[Any]:
        """The cursor behind the events. What was not delivered is read from the event store, and all of
        it where the stored view is outgrown: it must not go back."""
        evolve = _parking(self._keeper.evolve)
        cursor = self._first(stored, events)
        if events:
            with suppress(Gap):
                advanced = advance(evolve, cursor, events)
                if advanced.version >= stored.reached:
                    return advanced
        missing = self._store.read(aggregate_id, cursor.version)
        cursor = advance(evolve, cursor, [event async for event in missing])
        return advance(evolve, cursor, events)

    def _first(self, stored: Stored[Any], events: Sequence[Recorded[Any]]) -> Cursor[Any]:
        """Where to go on from. A reaction that never saw an aggregate starts with what is delivered."""
        return Cursor(events[0].version - 1) if self._is_news(stored) else stored.cursor

    def _is_news(self, stored: Stored[Any]) -> bool:
        """Whether it is a reaction's first of an aggregate, whose past is none of its business."""
        return isinstance(self._projection, Reaction) and stored.etag is None

    async def _isolate(
        self, partition: str, batch: Batch, changes: Sequence[Change[Any]], error: Refused
    ) -> None:
        """Parks the one that was refused; of several each goes alone, to find out which it is."""
        if len(changes) == 1:
            await self._park(changes[0].aggregate_id, error)
            return
        for change in changes:
            await self.catch_up(partition, {change.aggregate_id: batch[change.aggregate_id]})

    async def _park(self, aggregate_id: str, error: Exception) -> None:
        logger.error(
            "%s: '%s' is parked in generation %s: %s",
            self._projection.name,
            aggregate_id,
            self._generation,
            described(error),
        )
        await self._dead_letters.park(self._projection.name, self._generation, aggregate_id, error)

    async def _succeeded(self, aggregate_id: str) -> None:
        await self._dead_letters.succeeded(self._projection.name, self._generation, aggregate_id)


def grouped(events: Iterable[Recorded[Any]]) -> dict[str, list[Recorded[Any]]]:
    """Events by aggregate, those of one in order of version."""
    groups: defaultdict[str, list[Recorded[Any]]] = defaultdict(list)
    for event in sorted(events, key=attrgetter("version")):
        groups[event.aggregate_id].append(event)
    return dict(groups)


def _parking[V](evolve: Evolve[V]) -> Evolve[V]:
    """The same fold; what it raises is the aggregate's fault, and no outage."""

    def guarded(view: V | None, event: Recorded[Any]) -> V:
        try:
            return evolve(view, event)
        except Exception as error:
            raise Unfoldable(f"version {event.version} of '{event.aggregate_id}'") from error

    return guarded

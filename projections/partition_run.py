"""One partition of one projection on its way to the newest events: read, fold, write; again where another
writer was faster."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from domain.events import Recorded
from event_store.errors import DamagedEvent, StoreUnavailable
from event_store.store import EventStore
from projections.advance import Cursor, Evolve, Gap, advance
from projections.dead_letters import DeadLetters, described
from projections.keeper import Change, Keeper, Refused, Stored
from projections.projection import Projection, Reaction
from telemetry import metrics
from telemetry.correlation import correlated

ATTEMPTS: Final = 100
"""Of those who write at the same time one wins each time: so many are never needed."""

logger = logging.getLogger(__name__)

type Batch = Mapping[str, Sequence[Recorded[Any]]]
"""Events by aggregate, those of one sorted by version."""


class Unfoldable(Exception):
    """An aggregate whose events the projection cannot digest; the cause says why."""


class PartitionRun:
    """One partition of one projection in one generation."""

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

    async def begin(self, partition: str, batch: Batch) -> bool:
        """Creates views of aggregates that come with their first events, without a read before.

        False where that is not all, or did not work: then they have to catch up. Raises as the keeper does.
        """
        if any(not events or events[0].version > 1 for events in batch.values()):
            return False
        evolve = _parking(self._keeper.evolve)
        with suppress(Gap, Unfoldable, Refused):
            changes = [
                Change(id_, Stored[Any](), advance(evolve, Cursor[Any](), events))
                for id_, events in batch.items()
            ]
            if await self._keeper.save(partition, changes):
                await self._all_succeeded(batch, changes)
                return True
        return False

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
                with correlated(events[-1].metadata.correlation_id if events else None):
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
        await self._all_succeeded(batch, changes)
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

    async def _all_succeeded(self, batch: Batch, changes: Sequence[Change[Any]]) -> None:
        for change in changes:
            await self._succeeded(change.aggregate_id)
            first = self._first(change.stored, batch[change.aggregate_id])
            metrics.applied(self._projection.name, change.cursor.version - first.version)

    async def _succeeded(self, aggregate_id: str) -> None:
        await self._dead_letters.succeeded(self._projection.name, self._generation, aggregate_id)


def _parking[V](evolve: Evolve[V]) -> Evolve[V]:
    """The same fold; what it raises is the aggregate's fault, and no outage."""

    def guarded(view: V | None, event: Recorded[Any]) -> V:
        try:
            return evolve(view, event)
        except Exception as error:
            raise Unfoldable(f"version {event.version} of '{event.aggregate_id}'") from error

    return guarded

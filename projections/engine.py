"""Catch up: bring what is kept of a batch's aggregates to their newest events, whatever was delivered."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any, Final

from domain.events import Recorded
from event_store.settling import settle
from event_store.store import EventStore
from projections.dead_letters import DeadLetters
from projections.generations import GenerationStore
from projections.keeper import Keeper
from projections.keepers import Keepers
from projections.partition_run import Batch, PartitionRun
from projections.projection import Projection

CONCURRENCY: Final = 16


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
        self, projection: Projection, generation: int, batch: Batch, *, empty: bool = False
    ) -> None:
        """The same for one generation.

        One that is likely to be `empty` has views created right away where the aggregates of a partition
        all come with their first events: a read less or, where one is there already, a refused write more.
        """
        keeper = self._keepers.of(projection, generation)
        run = PartitionRun(self._store, self._dead_letters, projection, generation, keeper)

        async def one(partition: str, group: Batch) -> None:
            if not (empty and await run.begin(partition, group)):
                await run.catch_up(partition, group)

        await each_partition(f"{projection.name} could not catch up", keeper, batch, one)

    async def lacking(self, projection: Projection, batch: Batch) -> Batch:
        """What of a batch some generation that is written has not applied. Of an aggregate without any
        event here that is not known: it counts as lacking.

        Raises an ExceptionGroup when some of it could not be read.
        """
        missing: set[str] = set()
        for generation in (await self._generations.read(projection)).written if batch else ():
            keeper = self._keepers.of(projection, generation)

            async def look(partition: str, group: Batch, keeper: Keeper[Any] = keeper) -> None:
                stored = await keeper.load(partition, list(group))
                missing.update(
                    id_
                    for id_, events in group.items()
                    if not events or stored[id_].cursor.version < events[-1].version
                )

            await each_partition(f"{projection.name} could not be read", keeper, batch, look)
        return {id_: events for id_, events in batch.items() if id_ in missing}

    async def replay(self, projection: Projection, generation: int, aggregate_id: str) -> None:
        """Brings one aggregate to the end of its stream. Raises as catch_up does.

        In a generation that is no longer written there is nothing left to mend.
        """
        if generation in (await self._generations.read(projection)).written:
            await self.catch_up_generation(projection, generation, {aggregate_id: ()})
        else:
            await self._dead_letters.succeeded(projection.name, generation, aggregate_id)


async def each_partition(
    failed: str, keeper: Keeper[Any], batch: Batch, work: Callable[[str, Batch], Awaitable[None]]
) -> None:
    """Work on each partition's share of a batch, so many side by side. Raises an ExceptionGroup."""
    partitions: defaultdict[str, dict[str, Sequence[Recorded[Any]]]] = defaultdict(dict)
    for aggregate_id, events in batch.items():
        partitions[keeper.partition(aggregate_id)][aggregate_id] = events
    slots = asyncio.Semaphore(CONCURRENCY)

    async def in_turn(partition: str, group: Batch) -> None:
        async with slots:
            await work(partition, group)

    await settle(failed, (in_turn(partition, group) for partition, group in partitions.items()))


def grouped(events: Iterable[Recorded[Any]]) -> dict[str, list[Recorded[Any]]]:
    """Events by aggregate, those of one in order of version."""
    groups: defaultdict[str, list[Recorded[Any]]] = defaultdict(list)
    for event in sorted(events, key=attrgetter("version")):
        groups[event.aggregate_id].append(event)
    return dict(groups)

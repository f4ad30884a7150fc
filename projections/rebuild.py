"""A projection built anew beside the live one, from the first event, without a pause for anybody.

running   ranges of the feed are read side by side into the next generation; live batches write it too
settling  the pointer has moved; both are written until no cached pointer can name the old one
clearing  the old generation is no longer written, and is deleted
done
refused   the new generation has more parked aggregates than the live one: the pointer stays

Every step can be repeated, and by several processes at the same time: one that dies leaves the state, the
positions and a pointer to go on from. A generation's number is never used again.
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from event_store.documents import Codec
from event_store.settling import settle
from projections.arrivals import arrived, batch_of, progressed
from projections.dead_letters import DeadLetters
from projections.documents import Write, read_document, write_documents
from projections.engine import Engine
from projections.feed_reader import FeedReader
from projections.generations import CACHED_SECONDS, FIRST, Generations, GenerationStore
from projections.keepers import Keepers
from projections.positions import Kept, Positions
from projections.projection import Projection, Reaction

if TYPE_CHECKING:
    from azure.cosmos.aio import ContainerProxy

STATE: Final = "rebuild"
PAUSE_SECONDS: Final = 4 * CACHED_SECONDS
"""Longer than any cached pointer lives and any batch that read the old one takes."""

AHEAD_SECONDS: Final = 5.0
"""How far the service's clock may be ahead of ours."""

type Phase = Literal["running", "settling", "clearing", "done", "refused"]


class NotRebuildable(Exception):
    """Reactions have effects; those of the past are not had again."""

    def __init__(self, projection: Projection) -> None:
        super().__init__(f"'{projection.name}' is a reaction: it is never rebuilt.")


class NotStarted(Exception):
    """There never was a rebuild of the projection."""

    def __init__(self, projection: Projection) -> None:
        super().__init__(f"'{projection.name}' was never rebuilt.")


class Rebuild(msgspec.Struct, frozen=True, rename="camel"):
    """How far a rebuild is. Moments are seconds since the epoch; `until` ends the present phase;
    `workers` is the number of ranges that are read side by side."""

    phase: Phase
    generation: int
    started: float
    workers: int = 1
    until: float = 0.0
    finished: float = 0.0


class Progress(msgspec.Struct, frozen=True, rename="camel"):
    """What people see of it: events read, the share of the log that they are (0 to 1), events per
    second, and seconds to go as far as that can be told."""

    projection: str
    phase: Phase
    generation: int
    events: int
    share: float
    events_per_second: float
    seconds_left: float | None


class Rebuilder:
    """Starts rebuilds and takes them on, a step at a time. `clock` gives seconds since the epoch."""

    def __init__(
        self,
        container: "ContainerProxy",
        reader: FeedReader,
        positions: Positions,
        codec: Codec,
        engine: Engine,
        keepers: Keepers,
        generations: GenerationStore,
        dead_letters: DeadLetters,
        clock: Callable[[], float] = time.time,
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        self._container = container
        self._reader = reader
        self._positions = positions
        self._codec = codec
        self._engine = engine
        self._keepers = keepers
        self._generations = generations
        self._dead_letters = dead_letters
        self._clock = clock
        self._pause_seconds = pause_seconds

    async def start(self, projection: Projection, workers: int = 1) -> Rebuild:
        """Begins a rebuild; the one that is under way, where there is one.

        `workers` is the number of ranges that are read side by side. Raises NotRebuildable.
        """
        if isinstance(projection, Reaction):
            raise NotRebuildable(projection)
        while True:
            document = await self._document(projection)
            last = _state(document) if document else None
            if last and not _ended(last):
                return last
            pointer = await self._generations.read(projection)
            newest = max(pointer.live, *pointer.others, last.generation if last else 0)
            state = Rebuild("running", newest + 1, self._clock(), workers)
            if await self._write(projection, state, document):
                return state

    async def step(self, projection: Projection, seconds: float) -> Rebuild | None:
        """Goes on for so many seconds at most. The state afterwards; None when there is no rebuild.

        Raises an ExceptionGroup when the projection could not catch up; the next step goes on there.
        """
        document = await self._document(projection)
        if document is None:
            return None
        state = _state(document)
        match state.phase:
            case "running":
                after = await self._run(projection, state, seconds)
            case "settling" if self._clock() >= state.until:
                after = await self._unlist(projection, state)
            case "clearing" if self._clock() >= state.until:
                after = await self._clear(projection, state)
            case _:
                return state
        if after != state and not await self._write(projection, after, document):
            return _state(await self._document(projection) or document)
        return after

    async def progress(self, projection: Projection) -> Progress:
        """Raises NotStarted."""
        document = await self._document(projection)
        if document is None:
            raise NotStarted(projection)
        state = _state(document)
        kept = await self._positions.load(_owner(projection, state.generation))
        events = sum(one.events for one in kept)
        share = sum(one.share for one in kept) / len(kept) if kept else 0.0
        elapsed = max(0.001, (state.finished or self._clock()) - state.started)
        left = elapsed * (1 - share) / share if share else None
        done = state.phase != "running"
        return Progress(
            projection=projection.name,
            phase=state.phase,
            generation=state.generation,
            events=events,
            share=1.0 if done else share,
            events_per_second=events / elapsed,
            seconds_left=0.0 if done else left,
        )

    async def _run(self, projection: Projection, state: Rebuild, seconds: float) -> Rebuild:
        """Reads all ranges; at the end of all, the last look and the flip."""
        deadline = self._clock() + seconds
        if not await self._list(projection, state.generation):
            return state
        owner = _owner(projection, state.generation)
        if not await self._positions.load(owner):
            await self._positions.begin(owner, await self._reader.ranges(state.workers))
        await self._read_on(projection, state.generation, self._clock(), deadline)
        if self._clock() >= deadline:
            return state
        last = self._clock() + AHEAD_SECONDS
        await self._read_on(projection, state.generation, last, deadline=float("inf"))
        return await self._flip(projection, state)

    async def _list(self, projection: Projection, generation: int) -> bool:
        """Has live batches write the generation too; False when somebody else moved the pointer."""
        pointer = await self._generations.read(projection)
        if generation in pointer.written:
            return True
        listed = Generations(pointer.live, (*pointer.others, generation), pointer.etag)
        return await self._generations.move(projection, listed)

    async def _read_on(
        self, projection: Projection, generation: int, until: float, deadline: float
    ) -> None:
        """Reads what was written up to a moment, not to the end: a busy shop's feed has none. What comes
        later reaches the generation through live batches."""
        await settle(
            f"the rebuild of {projection.name} stopped",
            (
                self._range(projection, generation, kept, until, deadline)
                for kept in await self._positions.load(_owner(projection, generation))
            ),
        )

    async def _range(
        self, projection: Projection, generation: int, kept: Kept, until: float, deadline: float
    ) -> None:
        async for page in self._reader.pages(kept.position, until):
            batch = batch_of(projection, arrived(self._codec, page))
            await self._engine.catch_up_generation(projection, generation, batch, empty=True)
            kept = progressed(kept, page)
            await self._positions.save(_owner(projection, generation), kept)
            if self._clock() >= deadline:
                return

    async def _flip(self, projection: Projection, state: Rebuild) -> Rebuild:
        """Moves the pointer, unless the new generation has more parked aggregates than the live one.

        Where somebody else moved it meanwhile, the next step looks again.
        """
        now = self._clock()
        settling = _phase(state, "settling", now + self._pause_seconds, finished=now)
        pointer = await self._generations.read(projection)
        if pointer.live == state.generation:
            return settling
        new = await self._dead_letters.parked(projection.name, state.generation)
        old = await self._dead_letters.parked(projection.name, pointer.live)
        to = Generations(state.generation, (pointer.live,), pointer.etag)
        after = settling
        if len(new) > len(old):
            to = Generations(pointer.live, (), pointer.etag)
            after = _phase(state, "refused", finished=now)
        return after if await self._generations.move(projection, to) else state

    async def _unlist(self, projection: Projection, state: Rebuild) -> Rebuild:
        """Ends the writing of every generation but the live one."""
        pointer = await self._generations.read(projection)
        alone = Generations(pointer.live, (), pointer.etag)
        if pointer.others and not await self._generations.move(projection, alone):
            return state
        return _phase(state, "clearing", self._clock() + self._pause_seconds)

    async def _clear(self, projection: Projection, state: Rebuild) -> Rebuild:
        """Deletes what older generations left behind: documents, dead letters, positions."""
        await self._keepers.clear(projection, before=state.generation)
        await self._dead_letters.clear(projection.name, before=state.generation)
        for generation in range(FIRST, state.generation):
            await self._positions.forget(_owner(projection, generation))
        return _phase(state, "done")

    async def _document(self, projection: Projection) -> dict[str, Any] | None:
        return await read_document(self._container, projection.name, STATE, fresh=True)

    async def _write(
        self, projection: Projection, state: Rebuild, over: dict[str, Any] | None
    ) -> bool:
        """Keeps the state; False where another process took it on meanwhile: its word stands."""
        document = {"id": STATE, "projection": projection.name, **msgspec.to_builtins(state)}
        etag = over["_etag"] if over else None
        write = Write(document, etag)
        return await write_documents(self._container, projection.name, [write]) is not None


def _owner(projection: Projection, generation: int) -> str:
    return f"rebuild-{projection.name}-{generation}"


def _state(document: dict[str, Any]) -> Rebuild:
    return msgspec.convert(document, Rebuild)


def _ended(state: Rebuild) -> bool:
    return state.phase in ("done", "refused")


def _phase(
    state: Rebuild, phase: Phase, until: float = 0.0, finished: float | None = None
) -> Rebuild:
    finished = state.finished if finished is None else finished
    return msgspec.structs.replace(state, phase=phase, until=until, finished=finished)

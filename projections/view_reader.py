"""One aggregate's read model, as fresh as the caller asks: from the view, or folded from the event log."""

from collections.abc import AsyncIterator
from typing import Any, Literal

import msgspec

from domain.events import Recorded
from event_store.store import EventStore
from projections.advance import Cursor, advance
from projections.generations import GenerationStore
from projections.keeper import Stored
from projections.keepers import Keepers
from projections.projection import View
from projections.table_cache import TableCache

type Source = Literal["read-model", "event-log"]


class NotInReadModel(Exception):
    """The aggregate does not exist, as far as the read model (or the log, when it was asked) knows."""

    def __init__(self, kind: str, aggregate_id: str, when: str = "") -> None:
        super().__init__(f"{kind} '{aggregate_id}' does not exist{when}.")


class VersionNotReached(Exception):
    """The aggregate does not have the version that the caller wants to see at least."""

    def __init__(self, wanted: int, current: int) -> None:
        super().__init__(f"Version {wanted} does not exist yet; the current one is {current}.")
        self.current = current


class Answer[V](msgspec.Struct, frozen=True):
    """A view, the version of its newest event, and where it was read."""

    view: V
    version: int
    source: Source


class ViewReader:
    """Reads views for queries. The cache serves who names the version to see at least, with that or a
    newer one; who names none gets what Cosmos DB has."""

    def __init__(
        self,
        store: EventStore,
        keepers: Keepers,
        generations: GenerationStore,
        cache: TableCache | None = None,
    ) -> None:
        self._store = store
        self._keepers = keepers
        self._generations = generations
        self._cache = cache

    async def read[V](self, view: View[V], identity: str, min_version: int = 0) -> Answer[V]:
        """The read model of an aggregate, never older than `min_version`.

        Raises NotInReadModel, VersionNotReached, and what the stores raise.
        """
        stream = view.of.stream(identity)
        if min_version and (cached := await self._cached(view, stream, min_version)):
            return cached
        stored = await self._stored(view, stream)
        cursor, source = stored.cursor, _READ_MODEL
        if cursor.version < max(min_version, stored.reached):
            cursor, source = await self._from_log(view, stream, cursor), _EVENT_LOG
        if cursor.view is None:
            raise NotInReadModel(view.of.name, identity)
        if cursor.version < min_version:
            raise VersionNotReached(min_version, cursor.version)
        return Answer(cursor.view, cursor.version, source)

    async def at_version[V](self, view: View[V], identity: str, version: int) -> Answer[V]:
        """The read model as it was right after a version. Raises NotInReadModel."""
        events = self._store.read(view.of.stream(identity), until=version)
        answer = await self._replayed(view, identity, events)
        if answer.version < version:
            raise NotInReadModel(view.of.name, identity, f" in version {version}")
        return answer

    async def as_of[V](self, view: View[V], identity: str, moment: str) -> Answer[V]:
        """The read model as it was at a moment, given as an event's timestamp is; events of that very
        moment are in it. Raises NotInReadModel."""
        events = self._store.read(view.of.stream(identity), as_of=moment)
        return await self._replayed(view, identity, events, f" at {moment}")

    async def _replayed[V](
        self,
        view: View[V],
        identity: str,
        events: AsyncIterator[Recorded[Any]],
        when: str = "",
    ) -> Answer[V]:
        cursor: Cursor[V] = advance(view.evolve, Cursor(), [event async for event in events])
        if cursor.view is None:
            raise NotInReadModel(view.of.name, identity, when)
        return Answer(cursor.view, cursor.version, _EVENT_LOG)

    async def _cached[V](self, view: View[V], stream: str, least: int) -> Answer[V] | None:
        """What the cache has of an aggregate in the live generation, if it is fresh enough."""
        if self._cache is None:
            return None
        generation = await self._generations.live(view)
        cursor = await self._cache.get(view, generation, stream, least)
        if cursor is None or cursor.view is None:
            return None
        return Answer(cursor.view, cursor.version, _READ_MODEL)

    async def _stored(self, view: View[Any], stream: str) -> Stored[Any]:
        """What the live generation has of an aggregate."""
        keeper = self._keepers.of(view, await self._generations.live(view))
        return (await keeper.load(keeper.partition(stream), [stream]))[stream]

    async def _from_log(self, view: View[Any], stream: str, cursor: Cursor[Any]) -> Cursor[Any]:
        missing = [event async for event in self._store.read(stream, cursor.version)]
        return advance(view.evolve, cursor, missing)


_READ_MODEL: Source = "read-model"
_EVENT_LOG: Source = "event-log"

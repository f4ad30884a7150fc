"""Catch up: bring the views of a batch's aggregates to their newest events, whatever was delivered."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any, Final

from domain.events import Recorded
from event_store.settling import settle
from event_store.store import EventStore
from projections.advance import Cursor, Gap, advance
from projections.projection import View
from projections.view_store import ViewStore

CONCURRENCY: Final = 16


class Engine:
    """Keeps views up to date. Applied twice it changes nothing: a view knows the version that it holds."""

    def __init__(self, store: EventStore, views: ViewStore) -> None:
        self._store = store
        self._views = views

    async def catch_up(self, view: View[Any], events: Iterable[Recorded[Any]]) -> None:
        """Brings the view of every aggregate that has an event here at least to that event.

        One read and one conditional write per aggregate. Repeats, any order and missing events are
        fine. Raises an ExceptionGroup when some could not be brought there; the others were.
        """
        groups: defaultdict[str, list[Recorded[Any]]] = defaultdict(list)
        for event in sorted(events, key=attrgetter("version")):
            groups[event.aggregate_id].append(event)
        slots = asyncio.Semaphore(CONCURRENCY)

        async def one(aggregate_id: str, group: Sequence[Recorded[Any]]) -> None:
            async with slots:
                await self._catch_up(view, aggregate_id, group)

        await settle(
            f"{view.name} could not catch up",
            (one(aggregate_id, group) for aggregate_id, group in groups.items()),
        )

    async def _catch_up(
        self, view: View[Any], aggregate_id: str, events: Sequence[Recorded[Any]]
    ) -> None:
        while True:
            stored = await self._views.load(view, aggregate_id)
            cursor = await self._advance(view, stored.cursor, events)
            if cursor.version == stored.cursor.version:
                return
            if await self._views.save(view, aggregate_id, cursor, stored.etag):
                return

    async def _advance(
        self, view: View[Any], cursor: Cursor[Any], events: Sequence[Recorded[Any]]
    ) -> Cursor[Any]:
        """The cursor behind the events. What was not delivered is read from the event store."""
        try:
            return advance(view, cursor, events)
        except Gap:
            missing = self._store.read(events[0].aggregate_id, cursor.version)
            cursor = advance(view, cursor, [event async for event in missing])
            return advance(view, cursor, events)

"""Reading an aggregate: from a snapshot or from the start, and what a command has already stored of it."""

import logging
from collections.abc import Sequence
from typing import Any

import msgspec

from domain.aggregate import Aggregate
from domain.events import Recorded
from event_store.cache import Known
from event_store.documents import head_of
from event_store.snapshots import Snapshotter
from event_store.store import EventStore
from telemetry import metrics

logger = logging.getLogger(__name__)


class Loaded[S](msgspec.Struct, frozen=True):
    """The newest state of an aggregate, the events that the command itself stored (they say that it is
    a repeat, or that our own commit's answer was lost), and the state right behind those."""

    known: Known[S]
    own: Sequence[Recorded[Any]] = ()
    then: Known[S] | None = None


class Loader:
    """Loads aggregates for commands. Everything is read in the store's strongest consistency."""

    def __init__(self, store: EventStore, snapshotter: Snapshotter) -> None:
        self._store = store
        self._snapshotter = snapshotter

    async def load[S](
        self, aggregate: Aggregate[S, Any, Any], aggregate_id: str, command_id: str
    ) -> Loaded[S]:
        """The aggregate in at most two requests: its snapshot, and the events from there on.

        Raises StoreUnavailable, UnreadableEvent.
        """
        stream = aggregate.stream(aggregate_id)
        snapshot = await self._snapshotter.store.load(aggregate, stream)
        if snapshot is not None:
            version = snapshot.known.head.version
            tail = await self._tail(stream, version - 1, command_id)
            if any(e.version == version and e.event_id == snapshot.event_id for e in tail):
                metrics.loaded_cold(aggregate.name, at_snapshot=True)
                return await self._loaded(aggregate, aggregate_id, snapshot.known, tail, command_id)
            logger.warning("The snapshot of '%s' at %s is not of this stream.", stream, version)
        tail = await self._tail(stream, 0, command_id)
        nothing = Known(aggregate.initial(aggregate_id))
        loaded = await self._loaded(aggregate, aggregate_id, nothing, tail, command_id)
        if loaded.known.head.version >= self._snapshotter.interval(aggregate):
            metrics.loaded_cold(aggregate.name, at_snapshot=False)
        if snapshot is not None and tail:
            self._snapshotter.take(aggregate, stream, loaded.known, tail[-1])
        return loaded

    async def refresh[S](
        self, aggregate: Aggregate[S, Any, Any], aggregate_id: str, known: Known[S], command_id: str
    ) -> Loaded[S]:
        """What came behind a known head, in one request. Raises StoreUnavailable, UnreadableEvent."""
        tail = await self._tail(aggregate.stream(aggregate_id), known.head.version, command_id)
        return await self._loaded(aggregate, aggregate_id, known, tail, command_id)

    async def _tail(self, stream: str, after: int, command_id: str) -> list[Recorded[Any]]:
        events = self._store.read(stream, after, command_id=command_id)
        return [event async for event in events]

    async def _loaded[S](
        self,
        aggregate: Aggregate[S, Any, Any],
        aggregate_id: str,
        base: Known[S],
        tail: Sequence[Recorded[Any]],
        command_id: str,
    ) -> Loaded[S]:
        known = behind(aggregate, base, tail)
        own = [event for event in tail if event.metadata.causation_id == command_id]
        if not own:
            return Loaded(known)
        last = own[-1].version
        if last < base.head.version:
            base = Known(aggregate.initial(aggregate_id))
            past = self._store.read(aggregate.stream(aggregate_id), until=last)
            tail = [event async for event in past]
        then = behind(aggregate, base, [event for event in tail if event.version <= last])
        return Loaded(known, own, then)


def behind[S](
    aggregate: Aggregate[S, Any, Any], known: Known[S], events: Sequence[Recorded[Any]]
) -> Known[S]:
    """An aggregate with the events that it does not have yet."""
    new = [event for event in events if event.version > known.head.version]
    if not new:
        return known
    return Known(aggregate.fold(known.state, (event.data for event in new)), head_of(new[-1]))

"""Snapshots: an aggregate's state at one version, so that a cold command reads only what came since.

They are a shortcut and never the truth: one that is missing, damaged, of another shape, or that does not
meet its event in the stream is ignored, and one that cannot be written is logged.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from domain.aggregate import Aggregate
from domain.events import Recorded
from domain.values import from_json, to_json
from event_store.cache import Known
from event_store.cosmos_errors import translated
from event_store.documents import Head
from event_store.errors import EventStoreError

if TYPE_CHECKING:
    from azure.cosmos.aio import ContainerProxy

logger = logging.getLogger(__name__)


class Snapshot[S](msgspec.Struct, frozen=True):
    """A state, the head behind it, and the id of the event that the head is."""

    known: Known[S]
    event_id: str


class SnapshotStore(Protocol):
    """Where snapshots lie: the newest of each aggregate and shape."""

    async def load[S](self, aggregate: Aggregate[S, Any, Any], stream: str) -> Snapshot[S] | None:
        """The snapshot of a stream in the aggregate's present shape, if there is one that can be read.

        Raises StoreUnavailable.
        """

    async def save(
        self, aggregate: Aggregate[Any, Any, Any], stream: str, snapshot: Snapshot[Any]
    ) -> None:
        """Replaces the stream's snapshot. Raises StoreUnavailable."""


class CosmosSnapshotStore:
    """The `snapshots` container: the stream its partition, the shape's version its id."""

    def __init__(self, container: "ContainerProxy") -> None:
        self._container = container

    async def load[S](self, aggregate: Aggregate[S, Any, Any], stream: str) -> Snapshot[S] | None:
        from azure.cosmos.exceptions import CosmosResourceNotFoundError

        with translated(f"read the snapshot of '{stream}'"):
            try:
                document = await self._container.read_item(str(aggregate.shape), stream)
            except CosmosResourceNotFoundError as error:
                if error.sub_status:
                    raise
                return None
        try:
            return _decode(aggregate, document)
        except (KeyError, msgspec.ValidationError) as error:
            logger.warning("The snapshot of '%s' is damaged and not used: %r", stream, error)
            return None

    async def save(
        self, aggregate: Aggregate[Any, Any, Any], stream: str, snapshot: Snapshot[Any]
    ) -> None:
        with translated(f"write the snapshot of '{stream}'"):
            await self._container.upsert_item(_encode(aggregate, stream, snapshot))


def _encode(
    aggregate: Aggregate[Any, Any, Any], stream: str, snapshot: Snapshot[Any]
) -> dict[str, Any]:
    return {
        "id": str(aggregate.shape),
        "aggregateId": stream,
        "aggregateType": aggregate.name,
        **msgspec.to_builtins(snapshot.known.head),
        "eventId": snapshot.event_id,
        "state": msgspec.to_builtins(snapshot.known.state, enc_hook=to_json),
    }


def _decode[S](aggregate: Aggregate[S, Any, Any], document: dict[str, Any]) -> Snapshot[S]:
    state = msgspec.convert(document["state"], aggregate.state, dec_hook=from_json)
    head = msgspec.convert(document, Head)
    return Snapshot(Known(state, head), document["eventId"])


class Snapshotter:
    """Takes snapshots behind the answers' backs: no command waits for one, or fails with one.

    `every` maps an aggregate's name to the interval in events; an aggregate that is not in it has its
    own `snapshot_every`.
    """

    def __init__(self, store: SnapshotStore, every: Mapping[str, int]) -> None:
        self.store = store
        self._every = every
        self._running: set[asyncio.Task[None]] = set()

    def appended(
        self,
        aggregate: Aggregate[Any, Any, Any],
        stream: str,
        before: int,
        known: Known[Any],
        last: Recorded[Any],
    ) -> None:
        """Takes a snapshot when the append crossed a multiple of the interval."""
        every = self.interval(aggregate)
        if known.head.version // every > before // every:
            self.take(aggregate, stream, known, last)

    def interval(self, aggregate: Aggregate[Any, Any, Any]) -> int:
        """After how many events there is a snapshot."""
        return self._every.get(aggregate.name, aggregate.snapshot_every)

    def take(
        self,
        aggregate: Aggregate[Any, Any, Any],
        stream: str,
        known: Known[Any],
        last: Recorded[Any],
    ) -> None:
        """Writes a snapshot in the background."""
        snapshot = Snapshot(known, last.event_id)
        task = asyncio.create_task(self._save(aggregate, stream, snapshot))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def settled(self) -> None:
        """Returns when every snapshot that was begun is written, or has failed."""
        await asyncio.gather(*self._running)

    async def _save(
        self, aggregate: Aggregate[Any, Any, Any], stream: str, snapshot: Snapshot[Any]
    ) -> None:
        try:
            await self.store.save(aggregate, stream, snapshot)
        except EventStoreError:
            logger.warning("No snapshot of '%s' this time.", stream, exc_info=True)

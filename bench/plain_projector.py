"""The plain way to keep read models, as the pattern is commonly shown: what ours is held against.

The projector takes events one after another, as a hub partition gives them. For each it reads the read
model's document, changes it, and writes it back. (What comes twice, late or never leaves it wrong: nothing
here looks at a version.)
"""

from collections.abc import Callable
from typing import Any, Protocol

import msgspec
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosResourceNotFoundError

from domain.events import Recorded
from domain.values import from_json, to_json
from projections.projection import Journal, View


class PlainProjector(Protocol):
    """Brings events into a read model."""

    async def project(self, event: Recorded[Any]) -> None: ...


class PlainView[V]:
    """A document per aggregate in a container with partition key `/pk`: a read and an upsert per event."""

    def __init__(self, container: ContainerProxy, view: View[V]) -> None:
        self._container = container
        self._shape = view.shape
        self._evolve: Callable[[V | None, Recorded[Any]], V] = view.evolve

    async def project(self, event: Recorded[Any]) -> None:
        id_ = event.aggregate_id
        view = self._evolve(await self._read(id_), event)
        fields = msgspec.to_builtins(view, enc_hook=to_json)
        document = {"id": id_, "pk": id_, "version": event.version, "view": fields}
        await self._container.upsert_item(document)

    async def _read(self, id_: str) -> V | None:
        try:
            document = await self._container.read_item(id_, id_)
        except CosmosResourceNotFoundError:
            return None
        return msgspec.convert(document["view"], self._shape, dec_hook=from_json)


class PlainJournal:
    """A document per event in a container with partition key `/aggregateId`: an upsert per event, and where
    it looks whether the entry is there already, a read."""

    def __init__(self, container: ContainerProxy, journal: Journal, *, looks: bool) -> None:
        self._container = container
        self._entry: Callable[[Recorded[Any]], dict[str, Any]] = journal.entry
        self._looks = looks

    async def project(self, event: Recorded[Any]) -> None:
        if self._looks and await self._is_there(event):
            return
        key = {"id": event.event_id, "aggregateId": event.aggregate_id}
        await self._container.upsert_item({**self._entry(event), **key, "version": event.version})

    async def _is_there(self, event: Recorded[Any]) -> bool:
        try:
            await self._container.read_item(event.event_id, event.aggregate_id)
        except CosmosResourceNotFoundError:
            return False
        return True

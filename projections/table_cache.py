"""Read models in Azure Table Storage: a cheap place to read a view from, for who names a version.

An entry says which version it holds. One that is behind Cosmos DB is not wrong, it only serves fewer
callers; so nothing here has to succeed. After a fault the cache is left alone for a while, and everybody
goes on without it.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from itertools import batched
from typing import TYPE_CHECKING, Any, Final

import msgspec

from domain.values import from_json, to_json
from projections.advance import Cursor
from projections.generations import FIRST
from projections.projection import View

if TYPE_CHECKING:
    from azure.data.tables import TableEntity
    from azure.data.tables.aio import TableClient

TABLE: Final = "readmodels"
MOST_CHARACTERS: Final = 32 * 1024
"""UTF-16 units in one property ("Understanding the Table service data model")."""
MOST_DELETED: Final = 100
"""Entities in one transaction ("Performing entity group transactions")."""

PATIENCE: Final = 2.0
"""Seconds for which anybody waits for the cache."""
CLEARING: Final = 120.0
"""Seconds for which a generation is deleted; what is left of it then, nobody reads."""
REST: Final = 30.0
"""Seconds for which it is left alone after a fault."""
ATTEMPTS: Final = 5
"""At writing an entry that others write too."""

logger = logging.getLogger(__name__)

type Key = tuple[str, str]
"""An entity's partition and row."""


class Entry(msgspec.Struct, frozen=True, rename="pascal"):
    """What an entity holds: a view in JSON, and the version that it has; nothing, where it is not ours."""

    version: int = 0
    body: str = ""


class TableCache:
    """Views by generation and aggregate. Nothing is raised; what is asked for may remain undone.

    A generation of a view is one partition: 2,000 requests a second ("Scalability and performance targets
    for Table storage").
    """

    def __init__(
        self,
        table: "TableClient",
        clock: Callable[[], float] = time.monotonic,
        patience: float = PATIENCE,
    ) -> None:
        self._table = table
        self._clock = clock
        self._patience = patience
        self._rests_until = float("-inf")

    async def get[V](
        self, view: View[V], generation: int, aggregate_id: str, least: int
    ) -> Cursor[V] | None:
        """What is cached of an aggregate, where it has at least this version."""
        key = (_partition(view, generation), aggregate_id)
        entity = await self._tried("read", partial(self._read, key))
        entry = _entry(entity or {})
        if entry.version < least:
            return None
        with suppress(msgspec.DecodeError):
            body = msgspec.json.decode(entry.body, type=view.shape, dec_hook=from_json)
            return Cursor(entry.version, body)
        return None

    async def put[V](
        self, view: View[V], generation: int, aggregate_id: str, cursor: Cursor[V]
    ) -> None:
        """Caches a view, unless a newer one is there or it is too large."""
        body = msgspec.json.encode(cursor.view, enc_hook=to_json).decode()
        if len(body.encode("utf-16-le")) // 2 > MOST_CHARACTERS:
            return
        key = (_partition(view, generation), aggregate_id)
        await self._tried("write", partial(self._write, key, Entry(cursor.version, body)))

    async def clear(self, view: View[Any], before: int) -> None:
        """Deletes what generations before one left behind."""
        for generation in range(FIRST, before):
            delete = partial(self._delete, _partition(view, generation))
            await self._tried("clear", delete, CLEARING)

    async def _tried[T](
        self, doing: str, work: Callable[[], Awaitable[T]], patience: float | None = None
    ) -> T | None:
        """What work gives; None where it fails, or the cache is left alone."""
        from azure.core.exceptions import AzureError

        if self._clock() < self._rests_until:
            return None
        try:
            async with asyncio.timeout(patience or self._patience):
                return await work()
        except (AzureError, OSError) as error:
            if self._clock() >= self._rests_until:
                logger.warning("Could not %s the read-model cache: %r", doing, error)
            self._rests_until = self._clock() + REST
            return None

    async def _read(self, key: Key) -> "TableEntity | None":
        from azure.core.exceptions import ResourceNotFoundError

        with suppress(ResourceNotFoundError):
            return await self._table.get_entity(*key)
        return None

    async def _write(self, key: Key, entry: Entry) -> None:
        """Writes over what is not newer, and only over that, whoever writes at the same time."""
        for _ in range(ATTEMPTS):
            found = await self._read(key)
            if found is not None and _entry(found).version > entry.version:
                return
            if await self._written(_entity(key, entry), found):
                return

    async def _written(self, entity: Mapping[str, Any], over: "TableEntity | None") -> bool:
        """False when another writer was faster, or there was no table yet."""
        from azure.core import MatchConditions
        from azure.core.exceptions import (
            ResourceExistsError,
            ResourceModifiedError,
            ResourceNotFoundError,
        )

        try:
            if over is None:
                await self._table.create_entity(entity)
            else:
                await self._table.update_entity(
                    entity,
                    mode="replace",
                    etag=over.metadata["etag"],
                    match_condition=MatchConditions.IfNotModified,
                )
        except (ResourceExistsError, ResourceModifiedError):
            return False
        except ResourceNotFoundError:
            with suppress(ResourceExistsError):
                await self._table.create_table()
            return False
        return True

    async def _delete(self, partition: str) -> None:
        from azure.core.exceptions import ResourceNotFoundError

        found = self._table.query_entities(
            "PartitionKey eq @partition",
            parameters={"partition": partition},
            select=["PartitionKey", "RowKey"],
        )
        with suppress(ResourceNotFoundError):
            entities = [entity async for entity in found]
            for some in batched(entities, MOST_DELETED, strict=False):
                await self._table.submit_transaction([("delete", entity) for entity in some])


def _partition(view: View[Any], generation: int) -> str:
    return f"{view.name}|{generation}"


def _entity(key: Key, entry: Entry) -> dict[str, Any]:
    from azure.data.tables import EdmType, EntityProperty

    version = EntityProperty(entry.version, EdmType.INT64)
    return {"PartitionKey": key[0], "RowKey": key[1], "Version": version, "Body": entry.body}


def _entry(entity: Mapping[str, Any]) -> Entry:
    """What an entity holds; the SDK gives numbers of 64 bits in a wrapping."""
    plain = {name: getattr(value, "value", value) for name, value in entity.items()}
    try:
        return msgspec.convert(plain, Entry)
    except msgspec.ValidationError:
        return Entry()

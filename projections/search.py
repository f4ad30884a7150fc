"""Search over a sharded view: one ordered query per shard, merged, a page at a time by key."""

import asyncio
import heapq
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import msgspec

from projections.documents import Document, query_documents
from projections.generations import GenerationStore
from projections.keepers import Keepers
from projections.projection import View

type Key = tuple[str, ...]
"""The values of a view's `ordered_by` fields: where a page ends and the next one goes on."""


class Condition(msgspec.Struct, frozen=True):
    """One part of a WHERE clause over `c.view`, with its parameter."""

    clause: str
    name: str
    value: Any


class Found(msgspec.Struct, frozen=True):
    """A page: stored views, newest first, and the key behind which the next page begins, if any."""

    views: Sequence[Mapping[str, Any]]
    next: Key | None


class Search:
    """Searches sharded views."""

    def __init__(self, keepers: Keepers, generations: GenerationStore) -> None:
        self._keepers = keepers
        self._generations = generations

    async def find(
        self,
        view: View[Any],
        conditions: Sequence[Condition],
        limit: int,
        after: Key | None = None,
    ) -> Found:
        """Views that meet all conditions, in descending order of the view's `ordered_by` fields.

        Every shard is asked for a page of its own, by an index, in one partition; no query crosses
        partitions. Raises StoreUnavailable.
        """
        generation = await self._generations.live(view)
        query, parameters = _query(view, conditions, limit + 1, after)
        shards = await asyncio.gather(
            *(
                self._shard(view, f"{generation}|{shard}", query, parameters)
                for shard in range(self._keepers.shards)
            )
        )
        merged = heapq.merge(*shards, key=lambda found: _key(view, found), reverse=True)
        page = list(islice(merged, limit + 1))
        more = len(page) > limit
        return Found(page[:limit], _key(view, page[limit - 1]) if more else None)

    async def _shard(
        self, view: View[Any], partition: str, query: str, parameters: Mapping[str, Any]
    ) -> list[Document]:
        container = self._keepers.container(view)
        found = query_documents(container, partition, query, parameters)
        return [document["view"] async for document in found]


def _key(view: View[Any], found: Mapping[str, Any]) -> Key:
    return tuple(found[field] for field in view.ordered_by)


def _query(
    view: View[Any], conditions: Sequence[Condition], limit: int, after: Key | None
) -> tuple[str, dict[str, Any]]:
    clauses = [condition.clause for condition in conditions]
    parameters = {condition.name: condition.value for condition in conditions}
    first, second = view.ordered_by
    if after is not None:
        clauses.append(
            f"(c.view.{first} < @first OR (c.view.{first} = @first AND c.view.{second} < @second))"
        )
        parameters |= {"@first": after[0], "@second": after[1]}
    where = f"WHERE {' AND '.join(clauses)} " if clauses else ""
    order = f"ORDER BY c.view.{first} DESC, c.view.{second} DESC"
    return f"SELECT TOP {limit} c.view FROM c {where}{order}", parameters

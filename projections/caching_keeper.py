"""Views that are served, cached when they were written."""

from collections.abc import Mapping, Sequence

from projections.advance import Evolve
from projections.keeper import Change, Stored
from projections.projection import View
from projections.table_cache import TableCache
from projections.view_keeper import ViewKeeper


class CachingKeeper[V]:
    """Keeps a view in one generation, as the keeper that it is given does; then the cache is told."""

    def __init__(
        self, view: View[V], generation: int, keeper: ViewKeeper[V], cache: TableCache
    ) -> None:
        self._view = view
        self._generation = generation
        self._keeper = keeper
        self._cache = cache
        self.evolve: Evolve[V] = keeper.evolve

    def partition(self, aggregate_id: str) -> str:
        return self._keeper.partition(aggregate_id)

    async def load(self, partition: str, ids: Sequence[str]) -> Mapping[str, Stored[V]]:
        return await self._keeper.load(partition, ids)

    async def save(self, partition: str, changes: Sequence[Change[V]]) -> bool:
        if not await self._keeper.save(partition, changes):
            return False
        for change in changes:
            await self._cache.put(self._view, self._generation, change.aggregate_id, change.cursor)
        return True

"""How each kind of projection is kept."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from projections.caching_keeper import CachingKeeper
from projections.documents import delete_documents
from projections.generations import FIRST
from projections.journal_keeper import JournalKeeper
from projections.keeper import Keeper
from projections.projection import Journal, Post, Projection, Reaction, Report, View, nowhere
from projections.reaction_keeper import ReactionKeeper
from projections.report_keeper import ReportKeeper
from projections.table_cache import TableCache
from projections.view_keeper import ViewKeeper

if TYPE_CHECKING:
    from azure.cosmos.aio import ContainerProxy


class Keepers:
    """Makes the keeper of a projection. `container` gives the client of a container by its name; `post`
    is what reactions send by; `cache` is told of views that are served."""

    def __init__(
        self,
        container: "Callable[[str], ContainerProxy]",
        shards: int,
        post: Post = nowhere,
        cache: TableCache | None = None,
    ) -> None:
        self._container = container
        self.shards = shards
        self._post = post
        self._cache = cache

    def container(self, projection: Projection) -> "ContainerProxy":
        """The container of a projection."""
        return self._container(projection.container)

    def of(self, projection: Projection, generation: int) -> Keeper[Any]:
        container = self.container(projection)
        match projection:
            case Report():
                return ReportKeeper(projection, container, generation, self.shards)
            case View():
                keeper = ViewKeeper(projection, container, generation, self.shards)
                if self._cache and projection.served:
                    return CachingKeeper(projection, generation, keeper, self._cache)
                return keeper
            case Journal():
                return JournalKeeper(projection, container, generation)
            case Reaction():
                return ReactionKeeper(projection, container, self._post)
            case _:
                raise TypeError(f"{projection.name} is of no kind that can be kept")

    async def clear(self, projection: Projection, before: int) -> None:
        """Deletes what generations before one left behind. Raises StoreUnavailable."""
        container = self.container(projection)
        key, query = "pk", "SELECT c.id, c.pk FROM c WHERE STARTSWITH(c.pk, @generation)"
        if isinstance(projection, Journal):
            key = "aggregateId"
            query = "SELECT c.id, c.aggregateId FROM c WHERE STARTSWITH(c.id, @generation)"
        for generation in range(FIRST, before):
            await delete_documents(container, key, query, {"@generation": f"{generation}|"})
        if self._cache and isinstance(projection, View) and projection.served:
            await self._cache.clear(projection, before)

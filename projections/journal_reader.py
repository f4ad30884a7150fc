"""Journals read: the entries of an aggregate, of a user, of a time, the newest first."""

from collections.abc import AsyncIterator
from typing import Any

from event_store.cosmos_errors import translated
from projections.documents import Document, query_documents, relaxed
from projections.generations import GenerationStore
from projections.keepers import Keepers
from projections.projection import Journal


class JournalReader:
    """Reads a journal."""

    def __init__(self, journal: Journal, keepers: Keepers, generations: GenerationStore) -> None:
        self._journal = journal
        self._keepers = keepers
        self._generations = generations

    async def read(
        self,
        *,
        aggregate_id: str | None = None,
        user_id: str | None = None,
        from_: str | None = None,
        to_: str | None = None,
        limit: int,
    ) -> list[Document]:
        """The newest entries that meet all that is given; moments as an event's timestamp is written.

        Raises StoreUnavailable.
        """
        generation = await self._generations.live(self._journal)
        wanted = [
            ("c.generation = @generation", "@generation", generation),
            ("c.userId = @userId", "@userId", user_id),
            ("c.timestamp >= @from", "@from", from_),
            ("c.timestamp <= @to", "@to", to_),
        ]
        given = [(clause, name, value) for clause, name, value in wanted if value is not None]
        where = " AND ".join(clause for clause, _, _ in given)
        query = (
            f"SELECT TOP {limit} * FROM c WHERE {where} ORDER BY c.timestamp DESC, c.eventId DESC"
        )
        parameters = {name: value for _, name, value in given}
        return [entry async for entry in self._query(aggregate_id, query, parameters)]

    async def _query(
        self, aggregate_id: str | None, query: str, parameters: dict[str, Any]
    ) -> AsyncIterator[Document]:
        container = self._keepers.container(self._journal)
        if aggregate_id is not None:
            async for entry in query_documents(container, aggregate_id, query, parameters):
                yield entry
            return
        with translated(f"query {container.id}"):
            async for entry in container.query_items(
                query=query,
                parameters=[{"name": name, "value": value} for name, value in parameters.items()],
                headers=relaxed(),
            ):
                yield entry

"""Where readers of the change feed stand, kept in `projection_state`: resumable after any end."""

from typing import TYPE_CHECKING, Any

import msgspec

from event_store.cosmos_errors import translated
from projections.documents import query_documents
from projections.feed_reader import Position

if TYPE_CHECKING:
    from azure.cosmos.aio import ContainerProxy


class Kept(msgspec.Struct, frozen=True, rename="camel"):
    """A reader's position in one range, and what it has come to there: events read, the share of the
    range that lies behind it (0 to 1), the timestamp of the newest event read."""

    id: str
    position: Position
    events: int = 0
    share: float = 0.0
    newest: str = ""


class Positions:
    """The positions of all readers; `owner` names one."""

    def __init__(self, container: "ContainerProxy") -> None:
        self._container = container

    async def load(self, owner: str) -> list[Kept]:
        """A reader's positions, one per range; none before it began. Raises StoreUnavailable."""
        query = "SELECT * FROM c WHERE STARTSWITH(c.id, 'position-') ORDER BY c.id"
        found = query_documents(self._container, owner, query, {})
        return [msgspec.convert(document, Kept) async for document in found]

    async def begin(self, owner: str, beginnings: list[Position]) -> list[Kept]:
        """A reader at the beginning of its ranges. Raises StoreUnavailable."""
        kept = [Kept(f"position-{n:04d}", position) for n, position in enumerate(beginnings)]
        for one in kept:
            await self.save(owner, one)
        return kept

    async def save(self, owner: str, kept: Kept) -> None:
        document: dict[str, Any] = {**msgspec.to_builtins(kept), "projection": owner}
        with translated("keep a reader's position"):
            await self._container.upsert_item(document)

    async def forget(self, owner: str) -> None:
        """Deletes a reader's positions. Raises StoreUnavailable."""
        for kept in await self.load(owner):
            with translated("delete a reader's position"):
                await self._container.delete_item(kept.id, owner)

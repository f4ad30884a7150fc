"""Where readers of the change feed stand, kept in `projection_state`: resumable after any end."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import msgspec

from event_store.cosmos_errors import translated
from projections.documents import Document, Write, query_documents, write_documents
from projections.feed_reader import Position

if TYPE_CHECKING:
    from azure.cosmos.aio import ContainerProxy

BEGINNINGS: Final = "beginnings"


class Kept(msgspec.Struct, frozen=True, rename="camel"):
    """A reader's position in one range, and what it has come to there: events read, the share of the
    range that lies behind it (0 to 1), the timestamp of the newest event read of each aggregate type."""

    id: str
    position: Position
    events: int = 0
    share: float = 0.0
    newest: Mapping[str, str] = {}


class Positions:
    """The positions of all readers; `owner` names one.

    The ranges are one document, so that a reader has all of them or none; each range's position is one of
    its own, once the reader has moved.
    """

    def __init__(self, container: "ContainerProxy") -> None:
        self._container = container

    async def load(self, owner: str) -> list[Kept]:
        """A reader's positions, one per range; none before it began. Raises StoreUnavailable."""
        found = {document["id"]: document async for document in self._documents(owner)}
        beginnings = found.get(BEGINNINGS, {"kept": []})["kept"]
        return [msgspec.convert(found.get(one["id"], one), Kept) for one in beginnings]

    async def begin(self, owner: str, beginnings: Sequence[Position]) -> list[Kept]:
        """A reader at the beginning of its ranges, or where it stands if it began already.

        Raises StoreUnavailable.
        """
        kept = [Kept(f"position-{n:04d}", position) for n, position in enumerate(beginnings)]
        document = {"id": BEGINNINGS, "projection": owner, "kept": msgspec.to_builtins(kept)}
        await write_documents(self._container, owner, [Write(document, None)])
        return await self.load(owner)

    async def save(self, owner: str, kept: Kept) -> None:
        document: dict[str, Any] = {**msgspec.to_builtins(kept), "projection": owner}
        with translated("keep a reader's position"):
            await self._container.upsert_item(document)

    async def forget(self, owner: str) -> None:
        """Deletes a reader's positions. Raises StoreUnavailable."""
        from azure.cosmos.exceptions import CosmosResourceNotFoundError

        for document in [document async for document in self._documents(owner)]:
            with (
                translated("delete a reader's position"),
                suppress(CosmosResourceNotFoundError),
            ):
                await self._container.delete_item(document["id"], owner)

    def _documents(self, owner: str) -> AsyncIterator[Document]:
        return query_documents(self._container, owner, "SELECT * FROM c", {}, fresh=True)

"""Views in Cosmos DB: one document per aggregate and generation, read and written conditionally."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import msgspec

from domain.values import from_json, to_json
from projections.advance import Cursor
from projections.projection import View

if TYPE_CHECKING:
    from azure.cosmos.aio import ContainerProxy

FIRST_GENERATION: Final = 1
"""A read model is rebuilt into the next generation, beside the live one."""

MISSING_CONTAINER: Final = 1003
"""The sub-status of a 404 whose container, not whose item, is missing."""

SESSION: Final = {"x-ms-consistency-level": "Session"}
"""Read models may lag: reading them relaxes the account's consistency, at half the request units.

Sent with azure-core's `headers`: azure-cosmos 4.17 drops the `initial_headers` of a point read.
"""


class StoredView[V](msgspec.Struct, frozen=True):
    """A cursor as it is stored; without an etag there is none yet."""

    cursor: Cursor[V]
    etag: str | None = None


class ViewStore:
    """Where views lie. `container` gives the client of a container by its name."""

    def __init__(
        self, container: Callable[[str], "ContainerProxy"], generation: int = FIRST_GENERATION
    ) -> None:
        self._container = container
        self._generation = generation

    async def load[V](self, view: View[V], aggregate_id: str) -> StoredView[V]:
        """The view of an aggregate; an empty cursor where there is none. Raises what the SDK raises."""
        from azure.cosmos.exceptions import CosmosResourceNotFoundError

        try:
            document = await self._container(view.container).read_item(
                aggregate_id, self._partition(aggregate_id), headers=dict(SESSION)
            )
        except CosmosResourceNotFoundError as error:
            if error.sub_status == MISSING_CONTAINER:
                raise
            return StoredView(Cursor())
        stored = msgspec.convert(document["view"], view.shape, dec_hook=from_json)
        return StoredView(Cursor(document["version"], stored), document["_etag"])

    async def save[V](
        self, view: View[V], aggregate_id: str, cursor: Cursor[V], etag: str | None
    ) -> bool:
        """Writes a cursor over the one that was loaded; False when another writer was faster."""
        from azure.core import MatchConditions
        from azure.cosmos.exceptions import (
            CosmosAccessConditionFailedError,
            CosmosResourceExistsError,
        )

        document = self._document(aggregate_id, cursor)
        container = self._container(view.container)
        try:
            if etag is None:
                await container.create_item(document)
            else:
                unchanged = MatchConditions.IfNotModified
                await container.replace_item(
                    document["id"], document, etag=etag, match_condition=unchanged
                )
        except (CosmosResourceExistsError, CosmosAccessConditionFailedError):
            return False
        return True

    def _document(self, aggregate_id: str, cursor: Cursor[Any]) -> dict[str, Any]:
        return {
            "id": aggregate_id,
            "pk": self._partition(aggregate_id),
            "version": cursor.version,
            "view": msgspec.to_builtins(cursor.view, enc_hook=to_json),
        }

    def _partition(self, aggregate_id: str) -> str:
        return f"{self._generation}|{aggregate_id}"

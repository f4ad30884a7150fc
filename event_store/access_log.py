"""Who looked at what: every read of events, of the past, and of operations, recorded before it is answered.

The container `access_log` is only ever appended to.
"""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Final

import msgspec

from event_store.cosmos_errors import translated

if TYPE_CHECKING:
    from azure.cosmos.aio import ContainerProxy

OPERATIONS: Final = "operations"
"""Stands for the aggregate where a read is of none in particular."""


class Access(msgspec.Struct, frozen=True, rename="camel"):
    """One read: `at` is written as an event's timestamp is, `operation` is the function's name, `purpose`
    what the caller gave as a reason."""

    id: str
    aggregate_id: str
    at: str
    operation: str
    correlation_id: str
    user_id: str | None
    ip_address: str | None
    purpose: str | None


class AccessLog:
    """Records reads, and finds them again."""

    def __init__(self, container: "ContainerProxy") -> None:
        self._container = container

    async def record(self, access: Access) -> None:
        """Returns when the read is on record. Raises StoreUnavailable: then it must not be answered."""
        with translated("record who reads"):
            await self._container.create_item(msgspec.to_builtins(access))

    async def find(
        self, aggregate_id: str | None, user_id: str | None, limit: int
    ) -> AsyncIterator[Access]:
        """The newest reads of an aggregate, by a user, or both. Raises StoreUnavailable."""
        conditions = [
            ("c.aggregateId = @aggregateId", "@aggregateId", aggregate_id),
            ("c.userId = @userId", "@userId", user_id),
        ]
        given = [(clause, name, value) for clause, name, value in conditions if value is not None]
        where = f"WHERE {' AND '.join(clause for clause, _, _ in given)} " if given else ""
        scope: dict[str, Any] = {"partition_key": aggregate_id} if aggregate_id else {}
        with translated("read who read"):
            async for document in self._container.query_items(
                query=f"SELECT TOP {limit} * FROM c {where}ORDER BY c.at DESC, c.id DESC",
                parameters=[{"name": name, "value": value} for _, name, value in given],
                **scope,
            ):
                yield msgspec.convert(document, Access)

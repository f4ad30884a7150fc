"""Documents of read models in one partition of Cosmos DB: read by id, written conditionally."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import msgspec

from event_store.cosmos_errors import translated
from event_store.settling import settle
from event_store.store import FULL_PAGES
from projections.keeper import Refused

if TYPE_CHECKING:
    from azure.core.exceptions import HttpResponseError
    from azure.cosmos.aio import ContainerProxy

MAX_OPERATIONS: Final = 100
MAX_BYTES: Final = 1_500_000
"""What is put into one batch; the service takes 2 MB, its own envelope included."""

DELETED_AT_ONCE: Final = 16

type Document = dict[str, Any]


def relaxed() -> dict[str, str]:
    """Headers of reads that may lag: half the request units of the account's bounded staleness.

    Sent with azure-core's `headers`: azure-cosmos 4.17 drops the `initial_headers` of a point read.
    """
    return {"x-ms-consistency-level": "Session"}


def headers(fresh: bool) -> dict[str, str]:
    return {} if fresh else relaxed()


class Write:
    """One document to write, over the one with an etag, or as a new one."""

    def __init__(self, document: Document, etag: str | None) -> None:
        self.document = document
        self.etag = etag

    @property
    def operation(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        """As an operation of a transactional batch."""
        if self.etag is None:
            return ("create", (self.document,), {})
        return ("replace", (self.document["id"], self.document), {"if_match_etag": self.etag})


async def read_documents(
    container: "ContainerProxy", partition: str, ids: Sequence[str]
) -> dict[str, Document]:
    """Those of some documents of a partition that exist: a point read for one, a query for more."""
    if len(ids) == 1:
        document = await read_document(container, partition, ids[0])
        return {ids[0]: document} if document else {}
    parameters = {f"@{number}": id_ for number, id_ in enumerate(ids)}
    query = f"SELECT * FROM c WHERE c.id IN ({', '.join(parameters)})"
    found = query_documents(container, partition, query, parameters)
    return {document["id"]: document async for document in found}


async def read_document(
    container: "ContainerProxy", partition: str, id_: str, *, fresh: bool = False
) -> Document | None:
    """One document, if it exists; as the account's own consistency shows it where it has to be `fresh`.

    Raises StoreUnavailable.
    """
    from azure.cosmos.exceptions import CosmosResourceNotFoundError

    with translated(f"read '{id_}' of {container.id}"):
        try:
            return dict(await container.read_item(id_, partition, headers=headers(fresh)))
        except CosmosResourceNotFoundError as error:
            if not is_document(error):
                raise
            return None


def is_document(not_found: "HttpResponseError") -> bool:
    """Whether it is a document that was not found, and not its container.

    For want of that, the service says so by a substatus; and the SDK, which asks for the container's
    properties before its first request, passes on what that was answered.
    """
    asked = getattr(not_found.response, "request", None)
    of_container = asked is not None and "/docs" not in asked.url
    return not (getattr(not_found, "sub_status", None) or of_container)


async def query_documents(
    container: "ContainerProxy",
    partition: str,
    query: str,
    parameters: Mapping[str, Any],
    *,
    fresh: bool = False,
) -> AsyncIterator[Document]:
    """The documents of a partition that a query finds. Raises StoreUnavailable."""
    with translated(f"query {container.id}"):
        async for document in container.query_items(
            query=query,
            parameters=[{"name": name, "value": value} for name, value in parameters.items()],
            partition_key=partition,
            max_item_count=FULL_PAGES,
            headers=headers(fresh),
        ):
            yield document


async def write_documents(
    container: "ContainerProxy", partition: str, writes: Sequence[Write]
) -> list[str] | None:
    """Writes documents of one partition, all or none; their new etags, in order.

    None when one of them is not what it was. Raises Refused, StoreUnavailable.
    """
    from azure.core.exceptions import HttpResponseError

    with translated(f"write to {container.id}"):
        try:
            return await _write(container, partition, writes)
        except HttpResponseError as error:
            match error.status_code:
                case 409 | 412:
                    return None
                case 404 if is_document(error):
                    return None
                case 400 | 413:
                    raise Refused(f"{container.id}: status {error.status_code}") from error
            raise


async def _write(container: "ContainerProxy", partition: str, writes: Sequence[Write]) -> list[str]:
    from azure.core import MatchConditions

    if len(writes) > 1:
        batch = [write.operation for write in writes]
        results = await container.execute_item_batch(batch, partition_key=partition)
        return [result["eTag"] for result in results]
    (write,) = writes
    if write.etag is None:
        return [(await container.create_item(write.document))["_etag"]]
    unchanged = MatchConditions.IfNotModified
    replaced = await container.replace_item(
        write.document["id"], write.document, etag=write.etag, match_condition=unchanged
    )
    return [replaced["_etag"]]


async def delete_documents(
    container: "ContainerProxy", key: str, query: str, parameters: Mapping[str, Any]
) -> None:
    """Deletes what a query over all partitions finds; `key` is the field of the partition key.

    The query selects `id` and that field. What is gone already is fine. Raises StoreUnavailable.
    """
    slots = asyncio.Semaphore(DELETED_AT_ONCE)

    async def delete(document: Document) -> None:
        from azure.cosmos.exceptions import CosmosResourceNotFoundError

        async with slots:
            with translated(f"delete from {container.id}"), suppress(CosmosResourceNotFoundError):
                await container.delete_item(document["id"], document[key])

    with translated(f"query {container.id}"):
        pages = container.query_items(
            query=query,
            parameters=[{"name": name, "value": value} for name, value in parameters.items()],
        ).by_page()
        async for page in pages:
            found = [document async for document in page]
            await settle(f"{container.id} was not cleared", map(delete, found))


def size_of(document: Mapping[str, Any]) -> int:
    """Its bytes as JSON."""
    return len(msgspec.json.encode(document))


def batches(writes: Sequence[Write], most: int = MAX_OPERATIONS) -> list[list[Write]]:
    """Writes in order, in as few transactional batches as hold them."""
    full: list[list[Write]] = []
    room = 0
    for write in writes:
        size = size_of(write.document)
        if not full or len(full[-1]) == most or size > room:
            full.append([])
            room = MAX_BYTES
        full[-1].append(write)
        room -= size
    return full

"""A Cosmos DB container in memory: point operations with etags, and a record of every call.

Queries give what `answers` holds, or else every document of their partition: their language is tested where
a server speaks it.
"""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
from azure.core import MatchConditions
from azure.cosmos.exceptions import (
    CosmosAccessConditionFailedError,
    CosmosResourceExistsError,
    CosmosResourceNotFoundError,
)

type Document = dict[str, Any]


class FakeContainer:
    """`failure`, where one is set, is what the next call raises; `calls` has each with its arguments."""

    id = "fake"

    def __init__(self, partition_key: str = "pk") -> None:
        self.documents: dict[tuple[str, str], Document] = {}
        self.calls: list[tuple[str, Any]] = []
        self.answers: list[Document] | None = None
        self.failure: Exception | None = None
        self._partition_key = partition_key
        self._etag = 0

    async def read_item(self, item: str, partition_key: str, **options: Any) -> Document:
        self._called("read", (item, partition_key, options))
        document = self.documents.get((partition_key, item))
        if document is None:
            raise CosmosResourceNotFoundError(status_code=404, message="not there")
        return dict(document)

    async def create_item(self, body: Document) -> Document:
        self._called("create", body)
        if self._key(body) in self.documents:
            raise CosmosResourceExistsError(status_code=409, message="there already")
        return self._store(body)

    async def replace_item(
        self, item: str, body: Document, *, etag: str, match_condition: MatchConditions
    ) -> Document:
        self._called("replace", body)
        assert match_condition is MatchConditions.IfNotModified
        assert item == body["id"]
        document = self.documents.get(self._key(body))
        if document is None:
            raise CosmosResourceNotFoundError(status_code=404, message="not there")
        if document["_etag"] != etag:
            raise CosmosAccessConditionFailedError(status_code=412, message="changed meanwhile")
        return self._store(body)

    async def upsert_item(self, body: Document) -> None:
        self._called("upsert", body)
        self._store(body)

    async def delete_item(self, item: str, partition_key: str) -> None:
        self._called("delete", (item, partition_key))
        if self.documents.pop((partition_key, item), None) is None:
            raise CosmosResourceNotFoundError(status_code=404, message="not there")

    async def execute_item_batch(self, batch_operations: list[Any], partition_key: str) -> None:
        self._called("batch", (batch_operations, partition_key))

    async def query_items(self, **options: Any) -> AsyncIterator[Document]:
        self._called("query", options)
        for document in self._answers(options["partition_key"]):
            yield document

    def _answers(self, partition: str) -> list[Document]:
        if self.answers is not None:
            return self.answers
        return [document for (there, _), document in self.documents.items() if there == partition]

    def _called(self, name: str, arguments: Any) -> None:
        self.calls.append((name, arguments))
        if self.failure:
            failure, self.failure = self.failure, None
            raise failure

    def _store(self, body: Document) -> Document:
        self._etag += 1
        stored: Document = msgspec.json.decode(msgspec.json.encode(body))
        stored |= {"_etag": f'"{self._etag}"'}
        self.documents[self._key(body)] = stored
        return dict(stored)

    def _key(self, body: Document) -> tuple[str, str]:
        return body[self._partition_key], body["id"]

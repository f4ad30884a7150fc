"""Requests about documents: one of them, batches, queries, the change feed."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Final

from local.cosmos.batches import Batches
from local.cosmos.catalog import Catalog
from local.cosmos.change_feed import ChangeFeed
from local.cosmos.consistency import ReadConsistency, read_consistency, session_token
from local.cosmos.container import Container
from local.cosmos.documents import Documents
from local.cosmos.errors import ServiceError, bad_request
from local.cosmos.faults import Faults
from local.cosmos.operations import MAX_DOCUMENT_BYTES, Kind, Operation, Operations
from local.cosmos.partition_key import PartitionKey
from local.cosmos.queries import Queries
from local.cosmos.ranges import requested_scope
from local.cosmos.routing import Target, is_query_plan
from local.cosmos.transactions import Transactions
from local.cosmos.wire import PARTITION_KEY, SESSION, Answer, Request

_COLLECTION_RID_MISMATCH: Final = 1024


class Items:
    """Answers everything below `/docs`."""

    def __init__(
        self,
        catalog: Catalog,
        documents: Documents,
        operations: Operations,
        transactions: Transactions,
        faults: Faults,
        consistency: str,
        clock: Callable[[], float],
    ) -> None:
        self._catalog = catalog
        self._operations = operations
        self._transactions = transactions
        self._faults = faults
        self._consistency = consistency
        self._clock = clock
        self._batches = Batches(operations, transactions)
        self._queries = Queries(documents, catalog, clock)
        self._feed = ChangeFeed(documents, catalog, clock)

    def answer(self, request: Request, target: Target, container: Container) -> Answer:
        """Raises what the service refuses."""
        _check_intended(request, container)
        consistency = read_consistency(request, self._consistency)
        with self._state(request, target, container, consistency):
            answer = self._dispatch(request, target, container, consistency.factor)
            answer.headers[SESSION] = session_token(self._catalog.lsn(container))
        return answer

    def _state(
        self, request: Request, target: Target, container: Container, needed: ReadConsistency
    ) -> AbstractContextManager[None]:
        """The state that a read sees: the newest, or an older one when a fault asks for it."""
        if target.kind not in ("point_read", "query") or not needed.may_be_stale:
            return nullcontext()
        fault = self._faults.take("stale_read", request, target.kind, container.name)
        if fault is None:
            return nullcontext()
        key = requested_scope(request, container).partition_key
        return self._transactions.undone(container, key, fault.transactions, needed.seen)

    def _dispatch(
        self, request: Request, target: Target, container: Container, factor: float
    ) -> Answer:
        match target.kind:
            case "point_read" if request.method == "GET":
                return self._read(request, target, container, factor)
            case "query" if request.method == "GET":
                return self._queries.read_all(request, container, factor)
            case "query":
                return self._queries.run(request, container, factor)
            case "change_feed":
                return self._feed.read(request, container, factor)
            case "batch":
                return self._batches.run(request, container)
            case "metadata" if is_query_plan(request):
                return self._queries.plan(request)
            case "delete" if target.feed == "partitionkeydelete":
                return self._delete_partition(request, container)
            case "create" | "upsert" | "replace" | "patch" | "delete" as kind:
                return self._write(request, target, container, kind)
            case _:
                raise ServiceError(405, f"The method {request.method} is not allowed here.")

    def _read(
        self, request: Request, target: Target, container: Container, factor: float
    ) -> Answer:
        key = container.key.from_header(request.header(PARTITION_KEY))
        operation = _operation(request, target, "read")
        answer = self._operations.read(container, key, operation, self._clock())
        answer.charge *= factor if answer.status == 200 else 1.0
        return answer

    def _write(self, request: Request, target: Target, container: Container, kind: Kind) -> Answer:
        if len(request.body) > MAX_DOCUMENT_BYTES:
            raise ServiceError(413, "Request size is too large")
        key = _key(request, container, kind)
        operation = _operation(request, target, kind)
        with self._transactions.begin(container) as transaction:
            return self._operations.apply(transaction, key, operation)

    def _delete_partition(self, request: Request, container: Container) -> Answer:
        key = container.key.from_header(request.header(PARTITION_KEY))
        with self._transactions.begin(container) as transaction:
            return self._operations.delete_partition(transaction, key)


def _check_intended(request: Request, container: Container) -> None:
    """The SDK names the container that it means: one made anew under the name is another."""
    intended = request.header("x-ms-cosmos-intended-collection-rid")
    if intended is not None and intended != container.rid:
        raise bad_request("Collection Rid mismatch.", _COLLECTION_RID_MISMATCH)


def _key(request: Request, container: Container, kind: Kind) -> PartitionKey:
    """The key in the header; without one, a created document's own."""
    header = request.header(PARTITION_KEY)
    if header is None and kind in ("create", "upsert"):
        return container.key.of_document(request.object)
    return container.key.from_header(header)


def _operation(request: Request, target: Target, kind: Kind) -> Operation:
    return Operation(
        kind,
        target.document,
        None if kind in ("read", "delete") else request.json,
        request.header("if-match"),
        request.header("if-none-match"),
        request.minimal,
    )

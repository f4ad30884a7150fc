"""Batches: atomic ones in one transaction, bulk requests operation by operation."""

from dataclasses import dataclass
from typing import Any, Final, get_args

import msgspec

from local.cosmos.container import Container
from local.cosmos.errors import ServiceError, bad_request, too_large
from local.cosmos.hybrid_row import decode_operations, encode_results, is_hybrid_row
from local.cosmos.operations import MAX_DOCUMENT_BYTES, Kind, Operation, Operations
from local.cosmos.partition_key import PartitionKey
from local.cosmos.request_units import MISS
from local.cosmos.transactions import Transaction, Transactions
from local.cosmos.wire import ITEM_COUNT, PARTITION_KEY, Answer, Request, decode_json, encode_json

MAX_OPERATIONS: Final = 100
_KINDS: Final[frozenset[str]] = frozenset(get_args(Kind.__value__))
_FAILED_DEPENDENCY: Final = 424
_BINARY: Final = "application/octet-stream"


class _Refused(Exception):
    """Ends an atomic batch: the operation at `index` failed."""

    def __init__(self, index: int, error: ServiceError) -> None:
        super().__init__(index, error)
        self.index = index
        self.error = error


@dataclass(frozen=True)
class _Given:
    """One operation as the client gave it; in a bulk request each names its partition key."""

    operation: Operation
    partition_key: str | None


class Batches:
    """Runs `x-ms-cosmos-is-batch-request`, from Python (JSON) and .NET (HybridRow)."""

    def __init__(self, operations: Operations, transactions: Transactions) -> None:
        self._operations = operations
        self._transactions = transactions

    def run(self, request: Request, container: Container) -> Answer:
        """200 when every operation succeeded, else 207; raises 400 and 413 for the whole."""
        if len(request.body) > MAX_DOCUMENT_BYTES:
            raise too_large()
        binary = is_hybrid_row(request.body)
        given = _parse(decode_operations(request.body) if binary else request.json)
        results = self._results(request, container, given)
        ok = all(result["statusCode"] < 400 for result in results)
        return Answer(
            200 if ok else 207,
            encode_results(results) if binary else _as_json(results),
            sum(result["requestCharge"] for result in results),
            {ITEM_COUNT: str(len(results))} | ({"content-type": _BINARY} if binary else {}),
        )

    def _results(
        self, request: Request, container: Container, given: list[_Given]
    ) -> list[dict[str, Any]]:
        if request.headers.get("x-ms-cosmos-batch-atomic", "").lower() == "false":
            return [self._alone(container, one) for one in given]
        key = container.key.from_header(request.header(PARTITION_KEY))
        return self._atomic(container, key, [one.operation for one in given])

    def _atomic(
        self, container: Container, key: PartitionKey, operations: list[Operation]
    ) -> list[dict[str, Any]]:
        results: list[dict[str, Any]] = []
        try:
            with self._transactions.begin(container, len(operations)) as transaction:
                for index, operation in enumerate(operations):
                    results.append(self._step(transaction, key, operation, index))
        except _Refused as refused:
            return _failed(results, refused, len(operations))
        return results

    def _step(
        self, transaction: Transaction, key: PartitionKey, operation: Operation, index: int
    ) -> dict[str, Any]:
        try:
            return _result(self._operations.apply(transaction, key, operation))
        except ServiceError as error:
            raise _Refused(index, error) from error

    def _alone(self, container: Container, given: _Given) -> dict[str, Any]:
        try:
            key = container.key.from_header(given.partition_key)
            with self._transactions.begin(container) as transaction:
                return _result(self._operations.apply(transaction, key, given.operation))
        except ServiceError as error:
            return _error_result(error)


def _parse(operations: Any) -> list[_Given]:
    if not isinstance(operations, list) or not operations:
        raise bad_request("A batch request must be an array of operations.")
    if len(operations) > MAX_OPERATIONS:
        raise bad_request(
            f"Batch request has more operations than what is supported: {len(operations)}, "
            f"the limit is {MAX_OPERATIONS}."
        )
    return [_operation(operation) for operation in operations]


def _operation(given: Any) -> _Given:
    if not isinstance(given, dict):
        raise bad_request("A batch operation must be an object.")
    kind, body = str(given.get("operationType", "")).lower(), given.get("resourceBody")
    if kind not in _KINDS:
        raise bad_request(f"The batch operation '{given.get('operationType')}' is not known.")
    return _Given(_converted(kind, body, given), given.get("partitionKey"))


def _converted(kind: str, body: Any, given: dict[str, Any]) -> Operation:
    fields = {
        "kind": kind,
        "id": given.get("id"),
        "body": decode_json(body) if isinstance(body, bytes) else body,
        "if_match": given.get("ifMatch"),
        "if_none_match": given.get("ifNoneMatch"),
        "minimal": given.get("minimalReturnPreference") is True,
    }
    try:
        return msgspec.convert(fields, Operation)
    except msgspec.ValidationError as error:
        raise bad_request(f"A batch operation is malformed: {error}") from error


def _result(answer: Answer) -> dict[str, Any]:
    result: dict[str, Any] = {"statusCode": answer.status, "requestCharge": answer.charge}
    if "etag" in answer.headers:
        result["eTag"] = answer.headers["etag"]
    if answer.body is not None:
        result["resourceBody"] = answer.body
    return result


def _error_result(error: ServiceError) -> dict[str, Any]:
    result: dict[str, Any] = {"statusCode": error.status, "requestCharge": MISS}
    return result | ({"subStatusCode": error.substatus} if error.substatus else {})


def _failed(done: list[dict[str, Any]], refused: _Refused, count: int) -> list[dict[str, Any]]:
    """424 for all but the operation that failed; what was done before it is still charged."""
    charges = [result["requestCharge"] for result in done] + [0.0] * (count - len(done))
    results: list[dict[str, Any]] = [
        {"statusCode": _FAILED_DEPENDENCY, "requestCharge": charge} for charge in charges
    ]
    results[refused.index] = _error_result(refused.error)
    return results


def _as_json(results: list[dict[str, Any]]) -> bytes:
    return encode_json(
        [
            {name: msgspec.Raw(v) if isinstance(v, bytes) else v for name, v in result.items()}
            for result in results
        ]
    )

"""Operations on one document: create, upsert, read, replace, patch, delete."""

from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import uuid4

from local.cosmos.container import Container
from local.cosmos.documents import Documents, Row
from local.cosmos.errors import (
    PARTITION_KEY_MISMATCH,
    ServiceError,
    already_exists,
    bad_request,
    not_found,
    precondition_failed,
    too_large,
)
from local.cosmos.names import document_id
from local.cosmos.partition_key import PartitionKey
from local.cosmos.patching import patch
from local.cosmos.request_units import MISS, read_units, write_units
from local.cosmos.resource_ids import document_rid
from local.cosmos.transactions import Transaction
from local.cosmos.unique_keys import UniqueKeys
from local.cosmos.wire import Answer, decode_json, encode_json

type Kind = Literal["create", "upsert", "read", "replace", "patch", "delete"]

MAX_DOCUMENT_BYTES: Final = 2 * 1024 * 1024
_SYSTEM_PROPERTIES: Final = frozenset({"_rid", "_self", "_etag", "_attachments", "_ts", "_lsn"})


@dataclass(frozen=True)
class Operation:
    """What to do with which document under which condition; `body` is a document or a patch."""

    kind: Kind
    id: str | None = None
    body: Any = None
    if_match: str | None = None
    if_none_match: str | None = None
    minimal: bool = False


class Operations:
    """The rules of each operation; every refusal is a ServiceError."""

    def __init__(self, documents: Documents, unique_keys: UniqueKeys) -> None:
        self._documents = documents
        self._unique_keys = unique_keys

    def read(
        self, container: Container, key: PartitionKey, operation: Operation, now: float
    ) -> Answer:
        """200 with the document, or 304 when `if_none_match` holds; raises 404."""
        row = self._documents.find(container, key.text, operation.id or "", now)
        if row is None:
            raise not_found()
        headers = {"etag": row.etag}
        if operation.if_none_match == row.etag:
            return Answer(304, charge=MISS, headers=headers)
        return Answer(200, row.body.encode(), read_units(row.size), headers)

    def apply(self, transaction: Transaction, key: PartitionKey, operation: Operation) -> Answer:
        """Do one operation of a transaction; raises 400, 404, 409, 412 or 413."""
        container, now = transaction.container, transaction.now
        if operation.kind == "read":
            return self.read(container, key, operation, now)
        id_ = _target_id(operation)
        current = self._documents.find(container, key.text, id_, now)
        _check_existence(operation, current)
        _check_conditions(operation, current)
        transaction.remember(key.text, id_, current)
        match operation.kind:
            case "delete" if current is not None:
                return self._delete(container, current)
            case "patch" if current is not None:
                document = patch(_decode(current), operation.body)
            case _:
                document = operation.body
        return self._store(transaction, key, document, current, operation)

    def _delete(self, container: Container, current: Row) -> Answer:
        self._documents.delete(current.number)
        self._unique_keys.release(container, current.number)
        return Answer(204, charge=write_units(current.size))

    def delete_partition(self, transaction: Transaction, key: PartitionKey) -> Answer:
        """Delete every document of a partition key."""
        charge = MISS
        rows = self._documents.in_partition(transaction.container, key.text, transaction.now)
        for row in rows:
            transaction.remember(key.text, row.id, row)
            charge += self._delete(transaction.container, row).charge
        return Answer(200, charge=charge)

    def _store(
        self,
        transaction: Transaction,
        key: PartitionKey,
        document: dict[str, Any],
        current: Row | None,
        operation: Operation,
    ) -> Answer:
        container = transaction.container
        if container.key.of_document(document) != key:
            raise bad_request(
                "PartitionKey extracted from document doesn't match the one specified in the header",
                PARTITION_KEY_MISMATCH,
            )
        row = _row(transaction, key, document, current)
        number = self._save(row, current)
        if container.unique_keys:
            self._unique_keys.claim(container, key.text, document, number)
        body = None if operation.minimal else row.body.encode()
        status = 201 if current is None else 200
        return Answer(status, body, write_units(row.size), {"etag": row.etag})

    def _save(self, row: Row, current: Row | None) -> int:
        if current is None:
            return self._documents.insert(row)
        self._documents.update(current.number, row)
        return current.number


def _target_id(operation: Operation) -> str:
    """The id that the operation is about; raises 400 when the body names another or none."""
    if operation.kind in ("patch", "delete"):
        return operation.id or ""
    if not isinstance(operation.body, dict):
        raise bad_request("The input content is invalid because it is not a JSON object.")
    id_ = document_id(operation.body.get("id"))
    if operation.kind == "replace" and operation.id != id_:
        raise bad_request(f"The id '{id_}' in the body must be '{operation.id}', as addressed.")
    return id_


def _check_existence(operation: Operation, current: Row | None) -> None:
    if operation.kind == "create" and current is not None:
        raise already_exists()
    if operation.kind in ("replace", "patch", "delete") and current is None:
        raise not_found()


def _check_conditions(operation: Operation, current: Row | None) -> None:
    if current is None:
        return
    expected, refused = operation.if_match, operation.if_none_match
    if expected is not None and expected not in ("*", current.etag):
        raise precondition_failed()
    if refused is not None and refused in ("*", current.etag):
        raise precondition_failed()


def _row(
    transaction: Transaction, key: PartitionKey, document: dict[str, Any], current: Row | None
) -> Row:
    """The row for a document's new state; raises 400 for a bad `ttl`, 413 when it is too big."""
    container, position = transaction.container, next(transaction.positions)
    created = current and current.rid
    rid = created or document_rid(container.rid, transaction.lsn, position)
    etag, timestamp = f'"{uuid4()}"', int(transaction.now)
    own = {name: value for name, value in document.items() if name not in _SYSTEM_PROPERTIES}
    body = own | {
        "_rid": rid,
        "_self": f"{container.properties['_self']}docs/{rid}/",
        "_etag": etag,
        "_attachments": "attachments/",
        "_ts": timestamp,
    }
    if len(encode_json(own)) > MAX_DOCUMENT_BYTES:
        raise too_large()
    return Row(
        container=container.number,
        partition_key=key.text,
        id=document["id"],
        hash=key.hash,
        lsn=transaction.lsn,
        position=position,
        timestamp=timestamp,
        expires=_expiry(container, document, timestamp),
        etag=etag,
        rid=rid,
        body=encode_json(body).decode(),
    )


def _expiry(container: Container, document: dict[str, Any], timestamp: int) -> int | None:
    """When the document expires; an item's `ttl` counts only where the container has a default."""
    if container.default_ttl is None:
        return None
    ttl = document.get("ttl", container.default_ttl)
    if type(ttl) is not int or ttl == 0 or ttl < -1:
        raise bad_request(
            f"The input ttl '{ttl}' is invalid. Ensure to provide a nonzero positive integer or -1."
        )
    return timestamp + ttl if ttl > 0 else None


def _decode(row: Row) -> dict[str, Any]:
    document: dict[str, Any] = decode_json(row.body.encode())
    return document


def refusal(error: ServiceError) -> dict[str, Any]:
    """An error as the JSON body of an answer."""
    return {"code": error.code, "message": error.message}

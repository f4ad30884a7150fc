"""Batches: all or nothing, and bulk requests that are neither."""

import json
import struct
from typing import Any

import pytest

from tests.unit.local.cosmos.account import DOCUMENTS, Account
from tests.unit.local.cosmos.test_hybrid_row import decode_results, encode_operation, file_of


def create(id_: str, **more: Any) -> dict[str, Any]:
    return {"operationType": "Create", "resourceBody": {"id": id_, "pk": "a", **more}}


def statuses(reply: Any) -> list[int]:
    return [result["statusCode"] for result in reply.json]


def test_a_batch_is_one_transaction(account: Account) -> None:
    reply = account.batch([create("1"), create("2")])
    assert reply.status == 200
    assert reply.headers["x-ms-session-token"] == "0:-1#1"
    assert {document["_lsn"] for document in account.feed().json["Documents"]} == {1}


def test_a_failed_batch_leaves_no_trace(account: Account) -> None:
    account.create({"id": "1", "pk": "a"})
    reply = account.batch([create("2"), create("1"), create("3")])
    assert reply.status == 207
    assert statuses(reply) == [424, 409, 424]
    assert account.read("2").status == 404
    assert account.create({"id": "2", "pk": "a"}).headers["x-ms-session-token"] == "0:-1#2"


def test_a_unique_key_held_inside_the_batch_itself_fails_it(empty_account: Account) -> None:
    account = empty_account
    account.container(uniqueKeyPolicy={"uniqueKeys": [{"paths": ["/k"]}]})
    assert statuses(account.batch([create("1", k=1), create("2", k=1)])) == [424, 409]
    assert statuses(account.batch([create("1", k=1), create("2", k=2)])) == [201, 201]


def test_a_batch_charges_the_sum_of_its_operations(account: Account) -> None:
    reply = account.batch([create("1"), create("2", text="x" * 5000)])
    assert reply.charge == pytest.approx(sum(r["requestCharge"] for r in reply.json), abs=0.01)
    assert reply.charge > 10


def test_a_patch_in_a_batch_keeps_to_its_condition(account: Account) -> None:
    account.create({"id": "1", "pk": "a", "n": 1})
    operations = [{"op": "incr", "path": "/n", "value": 1}]
    patch = {
        "operationType": "Patch",
        "id": "1",
        "resourceBody": {"operations": operations, "condition": "from c where c.n = 1"},
    }
    assert statuses(account.batch([patch])) == [200]
    assert statuses(account.batch([patch])) == [412]
    assert account.read("1").json["n"] == 2


@pytest.mark.parametrize(
    "operations",
    [
        [],
        {},
        ["text"],
        [{"operationType": "Query"}],
        [{"operationType": "Create", "resourceBody": {"id": "1", "pk": "a"}, "ifMatch": 5}],
        [create(str(n)) for n in range(101)],
    ],
)
def test_what_is_no_batch_is_refused_as_a_whole(account: Account, operations: Any) -> None:
    assert account.batch(operations).status == 400
    assert account.feed().status == 304


def test_a_batch_over_two_megabytes_is_refused(account: Account) -> None:
    half = "x" * (1024 * 1024)
    assert account.batch([create("1", text=half), create("2", text=half)]).status == 413
    assert account.feed().status == 304


@pytest.mark.parametrize(
    ("operation", "status"),
    [
        ({"operationType": "Create"}, 400),
        ({"operationType": "Read", "id": "none"}, 404),
        ({"operationType": "Delete", "id": "none"}, 404),
        ({"operationType": "Create", "resourceBody": {"id": "1", "pk": "other"}}, 400),
    ],
)
def test_an_operation_that_fails_fails_the_rest(
    account: Account, operation: dict[str, Any], status: int
) -> None:
    assert statuses(account.batch([create("x"), operation])) == [424, status]


def bulk(account: Account, operations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    headers = {
        "x-ms-cosmos-is-batch-request": "True",
        "x-ms-cosmos-batch-atomic": "False",
        "x-ms-cosmos-batch-continue-on-error": "True",
        "x-ms-documentdb-partitionkeyrangeid": "0",
    }
    body = file_of([encode_operation(operation) for operation in operations])
    reply = account.send("POST", DOCUMENTS, body, headers)
    assert reply.headers["content-type"] == "application/octet-stream"
    return decode_results(reply.response.body)


def test_bulk_operations_succeed_and_fail_one_by_one(account: Account) -> None:
    def of(id_: str, pk: str) -> dict[str, Any]:
        body = json.dumps({"id": id_, "pk": pk}).encode()
        return {"operationType": "Create", "partitionKey": f'["{pk}"]', "resourceBody": body}

    results = bulk(account, [of("1", "a"), of("1", "a"), of("1", "b")])
    assert [result["statusCode"] for result in results] == [201, 409, 201]
    assert json.loads(results[2]["resourceBody"])["pk"] == "b"
    assert account.read("1", "b").headers["etag"] == results[2]["eTag"]


def test_a_broken_binary_batch_is_an_ordinary_bad_request(account: Account) -> None:
    headers = {"x-ms-cosmos-is-batch-request": "True"}
    reply = account.send("POST", DOCUMENTS, struct.pack("<BI", 0x81, 5), headers)
    assert (reply.status, reply.json["code"]) == (400, "BadRequest")

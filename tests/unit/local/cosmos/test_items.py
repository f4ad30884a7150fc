"""Documents: what the service accepts, what it refuses and how."""

from typing import Any

import pytest

from local.cosmos import On
from local.cosmos.request_units import read_units, write_units
from tests.unit.local.cosmos.account import DOCUMENTS, Account, key


def test_a_stored_document_carries_the_services_properties(account: Account) -> None:
    created = account.create({"id": "1", "pk": "a", "_lsn": 9, "_etag": "mine"})
    assert created.status == 201
    document = created.json
    assert document["_etag"] == created.headers["etag"] != "mine"
    assert document["_ts"] == int(account.clock.now)
    assert "_lsn" not in document
    assert account.read("1").json == document


def test_minimal_answers_have_no_body(account: Account) -> None:
    created = account.create({"id": "1", "pk": "a"}, prefer="return=minimal")
    assert created.status == 201
    assert created.response.body == b""
    assert created.headers["etag"] == account.read("1").headers["etag"]


def test_the_partition_key_of_a_created_document_may_be_left_to_the_document(
    account: Account,
) -> None:
    assert account.send("POST", DOCUMENTS, {"id": "1", "pk": "a"}).status == 201
    assert account.read("1", "a").status == 200


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"pk": "a"},
        {"pk": "a", "id": ""},
        {"pk": "a", "id": 1},
        {"pk": "a", "id": "a/b"},
        {"pk": "a", "id": "a\\b"},
        {"pk": "a", "id": "a?b"},
        {"pk": "a", "id": "a#b"},
        {"pk": "a", "id": "ends in space "},
        {"pk": "a", "id": "ü" * 512},
        {"pk": "b", "id": "of another partition"},
        {"id": "without the key"},
        ["no object"],
        "text",
        None,
    ],
)
def test_what_is_no_document_is_a_bad_request(account: Account, document: Any) -> None:
    assert account.send("POST", DOCUMENTS, document, key("a")).status == 400


@pytest.mark.parametrize(
    "body",
    [
        b'{"id": "1", "pk": "a", "n": NaN}',
        b'{"id": "1", "pk": "a"} and more',
        b"{'id': '1'}",
        b'{"id": "1", "pk": "\xff"}',
        b"\x80binary",
        b"[" * 100_000,
        b"",
    ],
)
def test_what_is_no_strict_json_is_a_bad_request(account: Account, body: bytes) -> None:
    refused = account.send("POST", DOCUMENTS, body, key("a"))
    assert refused.status == 400
    assert refused.json["code"] == "BadRequest"


def test_a_fault_of_the_server_is_a_500_without_its_traceback(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    account.cosmos.faults.throttle(On(when=lambda request: 1 / 0 > 0))
    reply = account.read("1")
    assert (reply.status, reply.json["code"]) == (500, "InternalServerError")
    assert "ZeroDivisionError" in caplog.text
    assert "ZeroDivisionError" not in reply.json["message"]


def test_an_id_may_hold_1023_bytes(account: Account) -> None:
    assert account.create({"id": "x" * 1023, "pk": "a"}).status == 201
    assert account.create({"id": "x" * 1024, "pk": "a"}).status == 400


def test_a_document_and_a_request_hold_two_megabytes(account: Account) -> None:
    limit = 2 * 1024 * 1024
    fitting = {"id": "1", "pk": "a", "text": ""}
    fitting["text"] = "x" * (limit - 200)
    assert account.create(fitting).status == 201
    fitting |= {"id": "2", "text": "x" * limit}
    assert account.create(fitting).status == 413
    assert account.read("2").status == 404


@pytest.mark.parametrize(
    ("header", "condition", "status"),
    [
        ("if_match", "current", 200),
        ("if_match", "old", 412),
        ("if_match", "*", 200),
        ("if_none_match", "*", 412),
        ("if_none_match", "old", 200),
    ],
)
def test_conditions_are_held_against_the_current_etag(
    account: Account, header: str, condition: str, status: int
) -> None:
    old = account.create({"id": "1", "pk": "a"}).headers["etag"]
    current = account.replace({"id": "1", "pk": "a"}).headers["etag"]
    etag = {"old": old, "current": current}.get(condition, condition)
    assert account.upsert({"id": "1", "pk": "a", "n": 1}, **{header: etag}).status == status


def test_a_read_of_the_same_etag_is_304_for_one_unit(account: Account) -> None:
    etag = account.create({"id": "1", "pk": "a"}).headers["etag"]
    unchanged = account.read("1", if_none_match=etag)
    assert (unchanged.status, unchanged.response.body, unchanged.charge) == (304, b"", 1.0)
    assert unchanged.headers["etag"] == etag


def test_a_replaced_document_keeps_its_id_and_its_resource_id(account: Account) -> None:
    created = account.create({"id": "1", "pk": "a"}).json
    replaced = account.replace({"id": "1", "pk": "a", "n": 1}).json
    assert replaced["_rid"] == created["_rid"]
    other = account.send("PUT", f"{DOCUMENTS}/1", {"id": "2", "pk": "a"}, key("a"))
    assert other.status == 400


def test_a_partition_key_can_not_be_patched_away(account: Account) -> None:
    account.create({"id": "1", "pk": "a"})
    refused = account.patch("1", {"operations": [{"op": "set", "path": "/pk", "value": "b"}]})
    assert (refused.status, refused.substatus) == (400, 1001)


def test_a_missing_container_is_told_from_a_missing_document(account: Account) -> None:
    assert account.read("1").substatus == 0
    missing = account.send("GET", "/dbs/d/colls/none/docs/1", None, key("a"))
    assert (missing.status, missing.substatus) == (404, 1003)


def test_a_container_that_was_made_anew_is_not_the_one_that_was_meant(account: Account) -> None:
    intended = account.send("GET", "/dbs/d/colls/c").json["_rid"]
    header = {"x_ms_cosmos_intended_collection_rid": intended}
    assert account.create({"id": "1", "pk": "a"}, **header).status == 201
    account.send("DELETE", "/dbs/d/colls/c")
    account.container()
    refused = account.create({"id": "1", "pk": "a"}, **header)
    assert (refused.status, refused.substatus) == (400, 1024)


def test_session_tokens_count_the_transactions(account: Account) -> None:
    assert account.create({"id": "1", "pk": "a"}).headers["x-ms-session-token"] == "0:-1#1"
    assert account.create({"id": "2", "pk": "a"}).headers["x-ms-session-token"] == "0:-1#2"
    assert account.create({"id": "2", "pk": "a"}).status == 409
    assert account.read("2").headers["x-ms-session-token"] == "0:-1#2"


def test_unique_values_are_free_again_when_nobody_holds_them(empty_account: Account) -> None:
    account = empty_account
    account.container(uniqueKeyPolicy={"uniqueKeys": [{"paths": ["/u", "/v/w"]}]})
    assert account.create({"id": "1", "pk": "a", "u": 1, "v": {"w": 2}}).status == 201
    assert account.create({"id": "2", "pk": "a", "u": 1, "v": {"w": 2}}).status == 409
    assert account.create({"id": "2", "pk": "a", "u": 1}).status == 201
    assert account.create({"id": "3", "pk": "a", "u": 1, "v": None}).status == 409
    assert account.replace({"id": "1", "pk": "a", "u": 1, "v": {"w": 2}, "n": 1}).status == 200
    assert account.replace({"id": "2", "pk": "a", "u": 1, "v": {"w": 2}}).status == 409
    assert account.replace({"id": "1", "pk": "a", "u": 9}).status == 200
    assert account.replace({"id": "2", "pk": "a", "u": 1, "v": {"w": 2}}).status == 200


def test_charges_follow_the_size_table(account: Account) -> None:
    created = account.create({"id": "1", "pk": "a", "text": "x" * 3000})
    size = len(created.response.body)
    assert created.charge == pytest.approx(write_units(size), abs=0.01)
    assert account.read("1").charge == pytest.approx(read_units(size), abs=0.01)
    assert account.read("2").charge == 1.0


def test_reads_cost_double_under_bounded_staleness_unless_they_relax(strict: Account) -> None:
    strict.create({"id": "1", "pk": "a"})
    assert strict.read("1").charge == 2.0
    assert strict.read("1", x_ms_consistency_level="Session").charge == 1.0
    assert strict.query("SELECT * FROM c", "a").charge == pytest.approx(6.6)
    refused = strict.read("1", x_ms_consistency_level="Strong")
    assert refused.status == 400


def test_one_partition_key_can_be_deleted_whole(account: Account) -> None:
    for id_, pk in (("1", "a"), ("2", "a"), ("3", "b")):
        account.create({"id": id_, "pk": pk})
    deleted = account.send("POST", "/dbs/d/colls/c/operations/partitionkeydelete", None, key("a"))
    assert deleted.status == 200
    assert [account.read(i, p).status for i, p in (("1", "a"), ("2", "a"), ("3", "b"))] == [
        404,
        404,
        200,
    ]


@pytest.mark.parametrize(
    ("size", "read", "write"),
    [
        (1, 1.0, 4.95),
        (1024, 1.0, 4.95),
        (3072, 1.09, 6.48),
        (65536, 4.76, 22.67),
        (2**20, 146, 625),
    ],
)
def test_request_units_are_interpolated_between_the_published_sizes(
    size: int, read: float, write: float
) -> None:
    assert read_units(size) == pytest.approx(read)
    assert write_units(size) == pytest.approx(write)


def test_above_the_table_the_last_slope_goes_on() -> None:
    assert read_units(2 * 2**20) > 2 * read_units(2**20)

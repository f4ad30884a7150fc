"""Injected faults strike what they are meant for, as often as they are meant to."""

import pytest

from local.cosmos import ConnectionDropped, On
from tests.unit.local.cosmos.account import Account

SESSION = "x-ms-consistency-level"


def test_a_throttled_request_is_told_when_to_come_again(account: Account) -> None:
    fault = account.cosmos.faults.throttle(On("create", "c"), times=2, retry_after_ms=7)
    for _ in range(2):
        refused = account.create({"id": "1", "pk": "a"})
        assert (refused.status, refused.substatus) == (429, 3200)
        assert refused.headers["x-ms-retry-after-ms"] == "7"
        assert refused.charge == 0
    assert account.create({"id": "1", "pk": "a"}).status == 201
    assert fault.hits == 2


def test_a_fault_leaves_other_operations_and_containers_alone(account: Account) -> None:
    account.cosmos.faults.throttle(On("create", "other"), times=None)
    account.cosmos.faults.throttle(On("patch"), times=None)
    account.cosmos.faults.throttle(On(when=lambda request: b"poison" in request.body), times=None)
    assert account.create({"id": "1", "pk": "a"}).status == 201
    assert account.create({"id": "2", "pk": "a", "text": "poison"}).status == 429
    assert account.patch("1", {"operations": []}).status == 429
    account.cosmos.faults.clear()
    assert account.create({"id": "2", "pk": "a", "text": "poison"}).status == 201


def test_a_connection_dropped_before_the_work_leaves_nothing(account: Account) -> None:
    account.cosmos.faults.drop_before(On("create"))
    with pytest.raises(ConnectionDropped):
        account.create({"id": "1", "pk": "a"})
    assert account.read("1").status == 404


def test_a_connection_dropped_after_the_work_leaves_it_done(account: Account) -> None:
    account.cosmos.faults.drop_after(On("create"))
    with pytest.raises(ConnectionDropped):
        account.create({"id": "1", "pk": "a"})
    assert account.read("1").status == 200
    assert account.create({"id": "1", "pk": "a"}).status == 409


def test_a_stale_read_sees_the_partition_before_its_last_write(account: Account) -> None:
    account.create({"id": "1", "pk": "a", "n": 1})
    account.upsert({"id": "1", "pk": "a", "n": 2})
    account.create({"id": "2", "pk": "b"})
    account.cosmos.faults.stale_reads(On(container="c"))
    assert account.read("1").json["n"] == 1
    assert account.query("SELECT VALUE c.n FROM c ORDER BY c.n", "a").json["Documents"] == [1]
    assert account.read("2", "b").status == 404
    account.cosmos.faults.clear()
    assert account.read("1").json["n"] == 2
    assert account.query("SELECT VALUE c.n FROM c ORDER BY c.n", "a").json["Documents"] == [2]


def test_a_stale_read_may_be_several_transactions_late(account: Account) -> None:
    for number in range(4):
        account.upsert({"id": "1", "pk": "a", "n": number})
    account.delete("1")
    account.cosmos.faults.stale_reads(transactions=3, times=1)
    assert account.read("1").json["n"] == 1
    assert account.read("1").status == 404


def test_a_session_token_forbids_what_is_older(account: Account) -> None:
    first = account.create({"id": "1", "pk": "a", "n": 1}).headers["x-ms-session-token"]
    second = account.upsert({"id": "1", "pk": "a", "n": 2}).headers["x-ms-session-token"]
    account.cosmos.faults.stale_reads(transactions=5)
    assert account.read("1", x_ms_session_token=second).json["n"] == 2
    assert account.read("1", x_ms_session_token=first).json["n"] == 1
    assert account.read("1").status == 404


def test_bounded_staleness_is_never_stale(strict: Account) -> None:
    strict.create({"id": "1", "pk": "a", "n": 1})
    strict.upsert({"id": "1", "pk": "a", "n": 2})
    fault = strict.cosmos.faults.stale_reads()
    assert strict.read("1").json["n"] == 2
    assert fault.hits == 0
    assert strict.read("1", x_ms_consistency_level="Session").json["n"] == 1
    assert fault.hits == 1


def test_a_stale_batch_is_missing_as_a_whole(account: Account) -> None:
    account.create({"id": "0", "pk": "a"})
    create = [{"operationType": "Create", "resourceBody": {"id": i, "pk": "a"}} for i in "123"]
    account.batch(create)
    account.cosmos.faults.stale_reads()
    assert account.query("SELECT VALUE c.id FROM c", "a").json["Documents"] == ["0"]

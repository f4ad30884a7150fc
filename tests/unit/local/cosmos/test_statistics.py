"""The counts of requests and request units."""

import pytest

from tests.unit.local.cosmos.account import Account


def test_every_kind_of_request_is_counted_for_its_container(account: Account) -> None:
    account.cosmos.stats.reset()
    replies = [
        account.create({"id": "1", "pk": "a"}),
        account.upsert({"id": "1", "pk": "a"}),
        account.replace({"id": "1", "pk": "a"}),
        account.patch("1", {"operations": [{"op": "set", "path": "/n", "value": 1}]}),
        account.read("1"),
        account.read("missing"),
        account.query("SELECT * FROM c", "a"),
        account.batch([{"operationType": "Read", "id": "1"}]),
        account.feed(),
        account.delete("1"),
        account.send("GET", "/dbs/d/colls/c"),
    ]
    snapshot = account.cosmos.stats.snapshot()
    assert snapshot["modelled"] is True
    assert snapshot["containers"]["c"]["requests"] == {
        "point_read": 2,
        "query": 1,
        "create": 1,
        "upsert": 1,
        "replace": 1,
        "patch": 1,
        "delete": 1,
        "batch": 1,
        "change_feed": 1,
        "metadata": 1,
    }
    assert snapshot["requests"] == snapshot["containers"]["c"]["requests"]
    charged = sum(reply.charge for reply in replies)
    assert snapshot["request_units"] == pytest.approx(charged, abs=0.1)


def test_what_is_about_no_container_counts_in_the_sum_only(account: Account) -> None:
    account.cosmos.stats.reset()
    account.send("GET", "/")
    snapshot = account.cosmos.stats.snapshot()
    assert snapshot["requests"]["metadata"] == 1
    assert snapshot["containers"] == {}
    account.cosmos.stats.reset()
    assert account.cosmos.stats.snapshot()["requests"]["metadata"] == 0

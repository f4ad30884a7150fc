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


def test_a_container_tells_how_much_of_it_is_used_when_it_is_asked(account: Account) -> None:
    for number in range(50):
        account.create({"id": str(number), "pk": "a", "text": "ü" * 500})
    wanted = {"x-ms-documentdb-populatequotainfo": "True"}
    usage = account.send("GET", "/dbs/d/colls/c", headers=wanted).headers["x-ms-resource-usage"]
    figures = dict(part.split("=") for part in usage.split(";"))
    assert figures["documentsCount"] == "50"
    assert 50 <= int(figures["documentsSize"]) <= 75
    assert "x-ms-resource-usage" not in account.send("GET", "/dbs/d/colls/c").headers

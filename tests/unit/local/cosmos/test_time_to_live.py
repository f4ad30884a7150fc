"""Expiry: by container, by item, invisible everywhere at once."""

import pytest

from tests.unit.local.cosmos.account import Account


@pytest.fixture
def expiring(empty_account: Account) -> Account:
    empty_account.container(defaultTtl=60, uniqueKeyPolicy={"uniqueKeys": [{"paths": ["/k"]}]})
    return empty_account


def test_an_expired_document_is_gone_for_every_request(expiring: Account) -> None:
    expiring.create({"id": "1", "pk": "a", "k": 1})
    expiring.clock.now += 59
    assert expiring.read("1").status == 200
    expiring.clock.now += 1
    assert expiring.read("1").status == 404
    assert expiring.query("SELECT * FROM c", "a").json["Documents"] == []
    assert expiring.feed().status == 304
    assert expiring.replace({"id": "1", "pk": "a"}).status == 404
    assert expiring.delete("1").status == 404


def test_ids_and_unique_values_are_free_after_the_expiry(expiring: Account) -> None:
    expiring.create({"id": "1", "pk": "a", "k": 1})
    assert expiring.create({"id": "2", "pk": "a", "k": 1}).status == 409
    expiring.clock.now += 60
    assert expiring.create({"id": "2", "pk": "a", "k": 1}).status == 201
    assert expiring.create({"id": "1", "pk": "a", "k": 2}).status == 201


def test_a_write_begins_the_time_anew(expiring: Account) -> None:
    expiring.create({"id": "1", "pk": "a"})
    expiring.clock.now += 40
    expiring.upsert({"id": "1", "pk": "a"})
    expiring.clock.now += 40
    assert expiring.read("1").status == 200


def test_an_item_has_its_own_time_or_none(expiring: Account) -> None:
    expiring.create({"id": "short", "pk": "a", "k": 1, "ttl": 5})
    expiring.create({"id": "ever", "pk": "a", "k": 2, "ttl": -1})
    expiring.clock.now += 1000
    assert expiring.read("short").status == 404
    assert expiring.read("ever").status == 200


def test_without_a_default_an_items_time_means_nothing(account: Account) -> None:
    account.create({"id": "1", "pk": "a", "ttl": 5})
    account.clock.now += 1000
    assert account.read("1").status == 200


def test_minus_one_lets_only_items_expire_that_say_so(empty_account: Account) -> None:
    account = empty_account
    account.container(defaultTtl=-1)
    account.create({"id": "1", "pk": "a"})
    account.create({"id": "2", "pk": "a", "ttl": 5})
    account.clock.now += 1000
    assert [account.read(id_).status for id_ in ("1", "2")] == [200, 404]


@pytest.mark.parametrize("ttl", [0, -2, 1.5, "5", True])
def test_a_time_that_is_no_positive_number_is_refused(expiring: Account, ttl: object) -> None:
    assert expiring.create({"id": "1", "pk": "a", "ttl": ttl}).status == 400
    assert expiring.container(id="other", defaultTtl=ttl).status == 400


def test_a_new_default_holds_for_the_documents_that_are_there(account: Account) -> None:
    account.create({"id": "1", "pk": "a"})
    account.create({"id": "2", "pk": "a", "ttl": 500})
    properties = account.send("GET", "/dbs/d/colls/c").json
    replaced = account.send("PUT", "/dbs/d/colls/c", properties | {"defaultTtl": 60})
    assert replaced.json["defaultTtl"] == 60
    account.clock.now += 100
    assert [account.read(id_).status for id_ in ("1", "2")] == [404, 200]
    del properties["_etag"]
    account.send("PUT", "/dbs/d/colls/c", properties)
    account.clock.now += 1000
    assert account.read("2").status == 200

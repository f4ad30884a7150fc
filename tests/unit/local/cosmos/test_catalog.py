"""Databases, containers, ranges and throughput."""

import json
from base64 import b64decode
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from local.cosmos import Cosmos, FolderInUse
from tests.unit.local.cosmos.account import BASE_URL, Account, Clock, signature


def raw(rid: str) -> bytes:
    return b64decode(rid.replace("-", "/"))


def test_the_account_advertises_the_address_that_the_client_used(account: Account) -> None:
    document = account.send("GET", "/").json
    assert document["writableLocations"][0]["databaseAccountEndpoint"] == BASE_URL
    assert document["userConsistencyPolicy"]["defaultConsistencyLevel"] == "Session"
    assert json.loads(document["queryEngineConfiguration"])["maxJoinsPerSqlQuery"] == 5


def test_bounded_staleness_is_the_default() -> None:
    clock = Clock()
    with closing(Cosmos(clock=clock)) as cosmos:
        signed = signature(clock(), "GET", "/")
        document = json.loads(cosmos.handle("GET", "/", signed, b"", base_url=BASE_URL).body)
    assert document["userConsistencyPolicy"]["defaultConsistencyLevel"] == "BoundedStaleness"


def test_resource_ids_nest(account: Account) -> None:
    database = raw(account.send("GET", "/dbs/d").json["_rid"])
    container = raw(account.send("GET", "/dbs/d/colls/c").json["_rid"])
    document = raw(account.create({"id": "1", "pk": "a"}).json["_rid"])
    assert (len(database), len(container), len(document)) == (4, 8, 16)
    assert container[:4] == database
    assert container[4] & 0x80
    assert document[:8] == container
    assert document[-1] & 0xF0 == 0


def test_resource_ids_are_never_used_again(account: Account) -> None:
    seen = set()
    for _ in range(3):
        seen.add(account.send("GET", "/dbs/d/colls/c").json["_rid"])
        account.send("DELETE", "/dbs/d/colls/c")
        account.container()
    assert len(seen) == 3


def test_names_exist_once(account: Account) -> None:
    assert account.container().status == 409
    assert account.send("POST", "/dbs", {"id": "d"}).status == 409


@pytest.mark.parametrize("name", ["", "a/b", "a?b", "x" * 256, 1, None])
def test_what_is_no_name_is_refused(account: Account, name: Any) -> None:
    assert account.send("POST", "/dbs", {"id": name}).status == 400
    assert account.container(id=name).status == 400


@pytest.mark.parametrize(
    "properties",
    [
        {"partitionKey": None},
        {"partitionKey": {"paths": []}},
        {"uniqueKeyPolicy": {"uniqueKeys": [{"paths": []}]}},
        {"uniqueKeyPolicy": {"uniqueKeys": [{"paths": ["k"]}]}},
        {"indexingPolicy": {"includedPaths": [{"path": "/n"}]}},
        {"indexingPolicy": {"includedPaths": [{}]}},
        {"indexingPolicy": {"compositeIndexes": [[{"path": "/n"}]]}},
        {"defaultTtl": 0},
    ],
)
def test_a_container_that_can_not_be_is_refused(account: Account, properties: Any) -> None:
    assert account.container(id="new", **properties).status == 400


def test_defaults_are_filled_in(account: Account) -> None:
    container = account.send("GET", "/dbs/d/colls/c").json
    assert container["partitionKey"]["version"] == 2
    assert container["indexingPolicy"]["includedPaths"] == [{"path": "/*"}]


def test_what_is_fixed_can_not_be_replaced(account: Account) -> None:
    properties = account.send("GET", "/dbs/d/colls/c").json
    key = {"paths": ["/other"], "kind": "Hash", "version": 2}
    unique = {"uniqueKeys": [{"paths": ["/k"]}]}
    for change in ({"partitionKey": key}, {"uniqueKeyPolicy": unique}, {"id": "other"}):
        assert account.send("PUT", "/dbs/d/colls/c", properties | change).status == 400
    policy = {"indexingPolicy": {"includedPaths": [{"path": "/n/?"}]}}
    assert account.send("PUT", "/dbs/d/colls/c", properties | policy).status == 200


def test_feeds_of_resources_are_listed_and_queried(account: Account) -> None:
    account.container(id="other")
    listed = account.send("GET", "/dbs/d/colls").json["DocumentCollections"]
    assert [container["id"] for container in listed] == ["c", "other"]
    query = {
        "query": "SELECT * FROM r WHERE r.id = @id",
        "parameters": [{"name": "@id", "value": "c"}],
    }
    found = account.send("POST", "/dbs/d/colls", query, {"x-ms-documentdb-isquery": "true"})
    assert [container["id"] for container in found.json["DocumentCollections"]] == ["c"]
    assert account.send("GET", "/dbs").json["_count"] == 1


def test_a_database_goes_with_all_that_is_in_it(account: Account) -> None:
    account.create({"id": "1", "pk": "a"})
    assert account.send("DELETE", "/dbs/d").status == 204
    assert account.send("GET", "/dbs/d/colls/c").substatus == 1003
    account.send("POST", "/dbs", {"id": "d"})
    account.container()
    assert account.feed().status == 304


def test_ranges_are_listed_once_and_then_unchanged(account: Account) -> None:
    first = account.send("GET", "/dbs/d/colls/c/pkranges")
    (only,) = first.json["PartitionKeyRanges"]
    assert (only["id"], only["minInclusive"], only["maxExclusive"]) == ("0", "", "FF")
    etag = {"if-none-match": first.headers["etag"]}
    assert account.send("GET", "/dbs/d/colls/c/pkranges", None, etag).status == 304


def test_throughput_is_found_by_the_containers_resource_id(account: Account) -> None:
    headers = {"x-ms-offer-throughput": "1000"}
    properties = {"id": "fast", "partitionKey": {"paths": ["/pk"]}}
    rid = account.send("POST", "/dbs/d/colls", properties, headers).json["_rid"]
    query = {
        "query": "select * from root r where r.offerResourceId = @targetRID",
        "parameters": [{"name": "@targetRID", "value": rid}],
    }
    is_query = {"x-ms-documentdb-isquery": "true"}
    (offer,) = account.send("POST", "/offers", query, is_query).json["Offers"]
    assert offer["content"]["offerThroughput"] == 1000
    assert offer["_self"] == f"offers/{offer['id']}/"
    changed = offer | {"content": {"offerThroughput": 2000}}
    assert replace_offer(account, offer["id"], changed) == 200
    (again,) = account.send("POST", "/offers", query, is_query).json["Offers"]
    assert again["content"]["offerThroughput"] == 2000
    assert replace_offer(account, offer["id"], {"content": {}}) == 400
    assert replace_offer(account, "none", changed) == 404


def replace_offer(account: Account, id_: str, offer: dict[str, Any]) -> int:
    return account.send("PUT", f"/offers/{id_}", offer).status


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nonsense/path"),
        ("GET", "/dbs/d/colls/c/sprocs"),
        ("POST", "/dbs/d/colls/c/triggers"),
    ],
)
def test_what_is_not_served_is_a_bad_request(account: Account, method: str, path: str) -> None:
    assert account.send(method, path, {}).status == 400


@pytest.mark.parametrize(("method", "path"), [("PATCH", "/dbs/d"), ("PATCH", "/dbs/d/colls/c")])
def test_a_wrong_method_is_not_allowed(account: Account, method: str, path: str) -> None:
    assert account.send(method, path, {}).status == 405


def test_a_folder_belongs_to_one_account_at_a_time(tmp_path: Path) -> None:
    first = Cosmos(tmp_path)
    with pytest.raises(FolderInUse, match="in use by another local Cosmos DB server"):
        Cosmos(tmp_path)
    first.close()
    Cosmos(tmp_path).close()


def test_the_consistency_must_be_one_of_the_services() -> None:
    with pytest.raises(ValueError, match="BoundedStaleness"):
        Cosmos(consistency="Loose")

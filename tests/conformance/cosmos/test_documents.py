"""Single documents through azure-cosmos."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from azure.core import MatchConditions
from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy, DatabaseProxy
from azure.cosmos.exceptions import (
    CosmosAccessConditionFailedError,
    CosmosHttpResponseError,
    CosmosResourceExistsError,
    CosmosResourceNotFoundError,
)

type MakeContainer = Callable[..., Awaitable[ContainerProxy]]


async def test_a_created_item_reads_back_with_the_services_own_properties(
    container: ContainerProxy,
) -> None:
    created = await container.create_item({"id": "1", "pk": "a", "text": "naïve ✓", "n": 1.5})
    assert {"_rid", "_self", "_etag", "_ts"} <= created.keys()
    assert dict(await container.read_item("1", "a")) == dict(created)


async def test_an_id_exists_once_in_a_partition(container: ContainerProxy) -> None:
    await container.create_item({"id": "1", "pk": "a"})
    await container.create_item({"id": "1", "pk": "b"})
    with pytest.raises(CosmosResourceExistsError):
        await container.create_item({"id": "1", "pk": "a"})


async def test_of_sixteen_simultaneous_creates_of_one_id_one_succeeds(
    container: ContainerProxy,
) -> None:
    results = await asyncio.gather(
        *(container.create_item({"id": "1", "pk": "a", "by": n}) for n in range(16)),
        return_exceptions=True,
    )
    refused = [result for result in results if isinstance(result, CosmosResourceExistsError)]
    assert len(refused) == 15


async def test_a_missing_item_is_not_found(container: ContainerProxy) -> None:
    with pytest.raises(CosmosResourceNotFoundError):
        await container.read_item("1", "a")
    with pytest.raises(CosmosResourceNotFoundError):
        await container.delete_item("1", "a")
    with pytest.raises(CosmosResourceNotFoundError):
        await container.replace_item("1", {"id": "1", "pk": "a"})


async def test_upsert_creates_then_replaces(container: ContainerProxy) -> None:
    first = await container.upsert_item({"id": "1", "pk": "a", "n": 1})
    second = await container.upsert_item({"id": "1", "pk": "a", "n": 2})
    assert (first["n"], second["n"]) == (1, 2)
    assert first["_rid"] == second["_rid"]
    assert first["_etag"] != second["_etag"]


async def test_a_write_on_an_old_etag_is_refused(container: ContainerProxy) -> None:
    old = await container.create_item({"id": "1", "pk": "a", "n": 1})
    new = await container.replace_item("1", {"id": "1", "pk": "a", "n": 2})
    condition = MatchConditions.IfNotModified
    for write in (
        container.replace_item(
            "1", {"id": "1", "pk": "a"}, etag=old["_etag"], match_condition=condition
        ),
        container.upsert_item({"id": "1", "pk": "a"}, etag=old["_etag"], match_condition=condition),
        container.delete_item("1", "a", etag=old["_etag"], match_condition=condition),
    ):
        with pytest.raises(CosmosAccessConditionFailedError):
            await write
    await container.delete_item("1", "a", etag=new["_etag"], match_condition=condition)


async def test_a_read_with_the_current_etag_is_empty(container: ContainerProxy) -> None:
    item = await container.create_item({"id": "1", "pk": "a", "n": 1})
    unchanged = await container.read_item(
        "1", "a", etag=item["_etag"], match_condition=MatchConditions.IfModified
    )
    assert dict(unchanged) == {}
    await container.upsert_item({"id": "1", "pk": "a", "n": 2})
    changed = await container.read_item(
        "1", "a", etag=item["_etag"], match_condition=MatchConditions.IfModified
    )
    assert changed["n"] == 2


async def test_patch_applies_all_its_operations_under_its_condition(
    container: ContainerProxy,
) -> None:
    await container.create_item({"id": "1", "pk": "a", "n": 1, "list": [1, 3], "old": "x"})
    patched = await container.patch_item(
        "1",
        "a",
        [
            {"op": "incr", "path": "/n", "value": 2},
            {"op": "add", "path": "/list/1", "value": 2},
            {"op": "set", "path": "/new", "value": {"deep": True}},
            {"op": "remove", "path": "/old"},
        ],
        filter_predicate="from c where c.n = 1",
    )
    assert patched["n"] == 3
    assert patched["list"] == [1, 2, 3]
    assert patched["new"] == {"deep": True}
    assert "old" not in patched
    with pytest.raises(CosmosAccessConditionFailedError):
        await container.patch_item(
            "1",
            "a",
            [{"op": "set", "path": "/n", "value": 0}],
            filter_predicate="from c where c.n = 1",
        )


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
async def test_an_item_over_two_megabytes_is_refused(container: ContainerProxy) -> None:
    with pytest.raises(CosmosHttpResponseError) as refused:
        await container.create_item({"id": "1", "pk": "a", "text": "x" * (2 * 1024 * 1024)})
    assert refused.value.status_code == 413


async def test_a_unique_key_holds_within_a_partition(make_container: MakeContainer) -> None:
    container = await make_container(unique_key_policy={"uniqueKeys": [{"paths": ["/email"]}]})
    await container.create_item({"id": "1", "pk": "a", "email": "x"})
    await container.create_item({"id": "1", "pk": "b", "email": "x"})
    with pytest.raises(CosmosResourceExistsError):
        await container.create_item({"id": "2", "pk": "a", "email": "x"})
    await container.delete_item("1", "a")
    await container.create_item({"id": "2", "pk": "a", "email": "x"})


async def test_all_items_of_a_partition_key_can_be_deleted(container: ContainerProxy) -> None:
    await container.create_item({"id": "1", "pk": "a"})
    await container.create_item({"id": "1", "pk": "b"})
    await container.delete_all_items_by_partition_key("a")
    left = [item["pk"] async for item in container.read_all_items()]
    assert left == ["b"]


async def test_partition_keys_of_every_type_are_apart(container: ContainerProxy) -> None:
    for key in ("1", 1, 1.5, True, False, None, "ü"):
        await container.create_item({"id": "x", "pk": key})
        assert (await container.read_item("x", key))["pk"] == key


async def test_several_items_are_read_at_once(container: ContainerProxy) -> None:
    for number in range(5):
        await container.create_item({"id": str(number), "pk": str(number % 2)})
    found = await container.read_items([("0", "0"), ("1", "1"), ("4", "0"), ("9", "0")])
    assert sorted(item["id"] for item in found) == ["0", "1", "4"]


async def test_a_container_made_anew_is_another_container(database: DatabaseProxy) -> None:
    first = await database.create_container("again", PartitionKey("/pk"))
    await first.create_item({"id": "1", "pk": "a"})
    before = await first.read()
    await database.delete_container("again")
    second = await database.create_container("again", PartitionKey("/pk"))
    assert (await second.read())["_rid"] != before["_rid"]
    with pytest.raises(CosmosResourceNotFoundError):
        await second.read_item("1", "a")

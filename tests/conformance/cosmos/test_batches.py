"""Transactional batches through azure-cosmos."""

from collections.abc import Awaitable, Callable

import pytest
from azure.core.exceptions import HttpResponseError
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosBatchOperationError, CosmosHttpResponseError

type MakeContainer = Callable[..., Awaitable[ContainerProxy]]


async def _ids(container: ContainerProxy) -> set[str]:
    return {item["id"] async for item in container.read_all_items()}


async def test_a_batch_does_all_six_operations_in_their_order(container: ContainerProxy) -> None:
    for id_ in ("replaced", "patched", "deleted"):
        await container.create_item({"id": id_, "pk": "a", "n": 0})
    results = await container.execute_item_batch(
        [
            ("create", ({"id": "created", "pk": "a"},)),
            ("upsert", ({"id": "upserted", "pk": "a"},)),
            ("read", ("created",)),
            ("replace", ("replaced", {"id": "replaced", "pk": "a", "n": 1})),
            ("patch", ("patched", [{"op": "incr", "path": "/n", "value": 5}])),
            ("delete", ("deleted",)),
        ],
        "a",
    )
    assert [result["statusCode"] for result in results] == [201, 201, 200, 200, 200, 204]
    assert results[2]["resourceBody"]["id"] == "created"
    assert results[4]["resourceBody"]["n"] == 5
    assert await _ids(container) == {"created", "upserted", "replaced", "patched"}


async def test_a_batch_with_one_failure_stores_nothing(container: ContainerProxy) -> None:
    await container.create_item({"id": "taken", "pk": "a"})
    with pytest.raises(CosmosBatchOperationError) as refused:
        await container.execute_item_batch(
            [
                ("create", ({"id": "new", "pk": "a"},)),
                ("create", ({"id": "taken", "pk": "a"},)),
                ("create", ({"id": "later", "pk": "a"},)),
            ],
            "a",
        )
    assert refused.value.error_index == 1
    assert [r["statusCode"] for r in refused.value.operation_responses] == [424, 409, 424]
    assert await _ids(container) == {"taken"}


async def test_a_unique_key_clash_fails_the_whole_batch(make_container: MakeContainer) -> None:
    container = await make_container(unique_key_policy={"uniqueKeys": [{"paths": ["/k"]}]})
    await container.create_item({"id": "1", "pk": "a", "k": "x"})
    with pytest.raises(CosmosBatchOperationError) as refused:
        await container.execute_item_batch(
            [
                ("create", ({"id": "2", "pk": "a", "k": "y"},)),
                ("create", ({"id": "3", "pk": "a", "k": "x"},)),
            ],
            "a",
        )
    assert [r["statusCode"] for r in refused.value.operation_responses] == [424, 409]
    assert await _ids(container) == {"1"}


async def test_a_read_of_what_is_missing_fails_the_batch(container: ContainerProxy) -> None:
    with pytest.raises(CosmosBatchOperationError) as refused:
        await container.execute_item_batch(
            [("read", ("head",)), ("create", ({"id": "next", "pk": "a"},))], "a"
        )
    assert [r["statusCode"] for r in refused.value.operation_responses] == [404, 424]
    assert await _ids(container) == set()


async def test_an_operation_in_a_batch_takes_an_etag(container: ContainerProxy) -> None:
    old = await container.create_item({"id": "1", "pk": "a", "n": 1})
    new = await container.upsert_item({"id": "1", "pk": "a", "n": 2})

    def replace(etag: str) -> tuple[str, tuple[object, ...], dict[str, str]]:
        return ("replace", ("1", {"id": "1", "pk": "a", "n": 3}), {"if_match_etag": etag})

    with pytest.raises(CosmosBatchOperationError) as refused:
        await container.execute_item_batch([replace(old["_etag"])], "a")
    assert refused.value.operation_responses[0]["statusCode"] == 412
    await container.execute_item_batch([replace(new["_etag"])], "a")
    assert (await container.read_item("1", "a"))["n"] == 3


async def test_a_batch_of_more_than_a_hundred_operations_is_refused(
    container: ContainerProxy,
) -> None:
    operations = [("create", ({"id": str(n), "pk": "a"},)) for n in range(101)]
    with pytest.raises(CosmosHttpResponseError) as refused:
        await container.execute_item_batch(operations, "a")
    assert refused.value.status_code == 400
    await container.execute_item_batch(operations[:100], "a")
    assert len(await _ids(container)) == 100


async def test_a_batch_can_not_write_into_another_partition(container: ContainerProxy) -> None:
    with pytest.raises(HttpResponseError) as refused:
        await container.execute_item_batch([("create", ({"id": "1", "pk": "b"},))], "a")
    assert refused.value.status_code == 400
    assert await _ids(container) == set()

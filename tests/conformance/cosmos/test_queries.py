"""Queries through azure-cosmos: scopes, pages, orders, what the service refuses."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosHttpResponseError

type MakeContainer = Callable[..., Awaitable[ContainerProxy]]


async def _fill(container: ContainerProxy) -> None:
    for number in range(12):
        await container.create_item(
            {"id": f"{number:02}", "pk": "ab"[number % 2], "n": number, "group": number % 3}
        )


async def _all(container: ContainerProxy, query: str, **options: Any) -> list[Any]:
    return [item async for item in container.query_items(query, **options)]


async def test_a_query_with_a_partition_key_sees_that_partition(container: ContainerProxy) -> None:
    await _fill(container)
    found = await _all(
        container,
        "SELECT VALUE c.n FROM c WHERE c.n > @least ORDER BY c.n DESC",
        parameters=[{"name": "@least", "value": 4}],
        partition_key="a",
    )
    assert found == [10, 8, 6]


async def test_pages_hold_as_many_items_as_asked_and_nothing_is_lost_between(
    container: ContainerProxy,
) -> None:
    await _fill(container)
    for query in ("SELECT * FROM c", "SELECT * FROM c ORDER BY c.n DESC"):
        pages = container.query_items(query, partition_key="a", max_item_count=4).by_page()
        sizes, seen = [], []
        async for page in pages:
            items = [item["n"] async for item in page]
            sizes.append(len(items))
            seen += items
        assert sizes == [4, 2]
        assert sorted(seen) == [0, 2, 4, 6, 8, 10]


async def test_a_query_goes_on_from_a_continuation(container: ContainerProxy) -> None:
    await _fill(container)
    query = "SELECT VALUE c.n FROM c ORDER BY c.n"
    pages: Any = container.query_items(query, partition_key="a", max_item_count=2).by_page()
    first = [n async for n in await anext(pages)]
    await container.create_item({"id": "x", "pk": "a", "n": -1})
    again = container.query_items(query, partition_key="a", max_item_count=10)
    rest = await anext(again.by_page(pages.continuation_token))
    assert first + [n async for n in rest] == [0, 2, 4, 6, 8, 10]


async def test_a_filter_holds_across_partitions(container: ContainerProxy) -> None:
    await _fill(container)
    found = await _all(container, "SELECT VALUE c.n FROM c WHERE c.n < 3")
    assert sorted(found) == [0, 1, 2]


async def test_an_aggregate_across_partitions_must_be_the_value(container: ContainerProxy) -> None:
    with pytest.raises(CosmosHttpResponseError) as refused:
        await _all(container, "SELECT COUNT(1) AS n FROM c")
    assert refused.value.status_code == 400


async def test_order_and_aggregates_hold_across_partitions(container: ContainerProxy) -> None:
    await _fill(container)
    assert await _all(container, "SELECT VALUE c.n FROM c ORDER BY c.n") == list(range(12))
    assert await _all(container, "SELECT VALUE COUNT(1) FROM c") == [12]
    assert await _all(container, "SELECT VALUE SUM(c.n) FROM c") == [66]
    assert await _all(container, "SELECT TOP 2 VALUE c.n FROM c ORDER BY c.n DESC") == [11, 10]


async def test_two_sort_keys_need_their_composite_index(make_container: MakeContainer) -> None:
    paths = [{"path": "/group", "order": "ascending"}, {"path": "/n", "order": "descending"}]
    container = await make_container(indexing_policy={"compositeIndexes": [paths]})
    await _fill(container)
    found = await _all(
        container, "SELECT VALUE c.n FROM c ORDER BY c.group ASC, c.n DESC", partition_key="a"
    )
    assert found == [6, 0, 10, 4, 8, 2]
    reversed_ = await _all(
        container, "SELECT VALUE c.n FROM c ORDER BY c.group DESC, c.n ASC", partition_key="a"
    )
    assert reversed_ == found[::-1]
    with pytest.raises(CosmosHttpResponseError) as refused:
        await _all(
            container, "SELECT VALUE c.n FROM c ORDER BY c.group ASC, c.n ASC", partition_key="a"
        )
    assert refused.value.status_code == 400


async def test_an_order_by_an_excluded_path_is_refused(make_container: MakeContainer) -> None:
    container = await make_container(
        indexing_policy={"includedPaths": [{"path": "/n/?"}], "excludedPaths": [{"path": "/*"}]}
    )
    await _fill(container)
    assert await _all(container, "SELECT VALUE c.n FROM c ORDER BY c.n", partition_key="b")
    with pytest.raises(CosmosHttpResponseError) as refused:
        await _all(container, "SELECT VALUE c.n FROM c ORDER BY c.group", partition_key="b")
    assert refused.value.status_code == 400


async def test_a_syntax_error_is_a_bad_request(container: ContainerProxy) -> None:
    for query in ("SELECT * FROM", "SELEKT 1", "SELECT NOPE(1) FROM c"):
        with pytest.raises(CosmosHttpResponseError) as refused:
            await _all(container, query, partition_key="a")
        assert refused.value.status_code == 400


async def test_a_hierarchical_key_is_queried_by_its_prefixes(make_container: MakeContainer) -> None:
    container = await make_container(["/tenant", "/user", "/session"])
    for tenant in ("t1", "t2"):
        for user in ("u1", "u2"):
            for session in range(2):
                await container.create_item(
                    {
                        "id": f"{tenant}{user}{session}",
                        "tenant": tenant,
                        "user": user,
                        "session": session,
                    }
                )
    query = "SELECT VALUE c.id FROM c"
    assert len(await _all(container, query, partition_key=["t1"])) == 4
    assert len(await _all(container, query, partition_key=["t1", "u2"])) == 2
    assert await _all(container, query, partition_key=["t1", "u2", 1]) == ["t1u21"]
    assert (await container.read_item("t1u21", ["t1", "u2", 1]))["id"] == "t1u21"

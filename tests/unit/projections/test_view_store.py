"""Views as they are stored: one document per aggregate and generation, written only over what was read."""

from typing import TYPE_CHECKING, cast

import pytest
from azure.cosmos.exceptions import CosmosHttpResponseError, CosmosResourceNotFoundError

from domain.order import Item
from domain.values import Money, Price
from projections.advance import Cursor
from projections.order_read_model import ORDER_READ_MODEL, OrderView
from projections.view_store import StoredView, ViewStore
from tests.fakes.container import FakeContainer

if TYPE_CHECKING:
    from azure.cosmos.aio import ContainerProxy

VIEW = OrderView(
    order_id="789",
    customer_id="customer-1",
    status="placed",
    items=(Item("product-1", 3, Price("19.99")),),
    total_amount=Money("59.97"),
    currency="EUR",
    placed_at="2026-11-01T00:00:00.000000Z",
)


class Containers(dict[str, FakeContainer]):
    def __missing__(self, name: str) -> FakeContainer:
        self[name] = FakeContainer()
        return self[name]

    def client(self, name: str) -> "ContainerProxy":
        return cast("ContainerProxy", self[name])


@pytest.fixture
def containers() -> Containers:
    return Containers()


@pytest.fixture
def store(containers: Containers) -> ViewStore:
    return ViewStore(containers.client)


async def test_a_view_comes_back_as_it_was_written(store: ViewStore) -> None:
    assert await store.save(ORDER_READ_MODEL, "order-789", Cursor(3, VIEW), None)
    stored = await store.load(ORDER_READ_MODEL, "order-789")
    assert stored.cursor == Cursor(3, VIEW)
    assert isinstance(stored.cursor.view, OrderView)
    assert stored.cursor.view.total_amount == Money("59.97")


async def test_where_there_is_no_view_the_cursor_is_empty(store: ViewStore) -> None:
    assert await store.load(ORDER_READ_MODEL, "order-789") == StoredView(Cursor(), None)


async def test_a_document_lies_in_its_aggregates_partition_of_the_generation(
    store: ViewStore, containers: Containers
) -> None:
    await store.save(ORDER_READ_MODEL, "order-789", Cursor(3, VIEW), None)
    ((partition, identity),) = containers["order_read_model"].documents
    assert partition == "1|order-789"
    assert identity == "order-789"
    document = containers["order_read_model"].documents[partition, identity]
    assert document["version"] == 3
    assert document["view"]["totalAmount"] == 59.97


async def test_generations_lie_beside_each_other(store: ViewStore, containers: Containers) -> None:
    await store.save(ORDER_READ_MODEL, "order-789", Cursor(3, VIEW), None)
    rebuilt = ViewStore(containers.client, generation=2)
    assert (await rebuilt.load(ORDER_READ_MODEL, "order-789")).etag is None


async def test_a_write_over_what_was_read_succeeds(store: ViewStore) -> None:
    await store.save(ORDER_READ_MODEL, "order-789", Cursor(3, VIEW), None)
    etag = (await store.load(ORDER_READ_MODEL, "order-789")).etag
    assert await store.save(ORDER_READ_MODEL, "order-789", Cursor(4, VIEW), etag)
    assert (await store.load(ORDER_READ_MODEL, "order-789")).cursor.version == 4


async def test_a_write_over_what_changed_meanwhile_does_not(store: ViewStore) -> None:
    await store.save(ORDER_READ_MODEL, "order-789", Cursor(3, VIEW), None)
    etag = (await store.load(ORDER_READ_MODEL, "order-789")).etag
    await store.save(ORDER_READ_MODEL, "order-789", Cursor(4, VIEW), etag)
    assert not await store.save(ORDER_READ_MODEL, "order-789", Cursor(5, VIEW), etag)
    assert (await store.load(ORDER_READ_MODEL, "order-789")).cursor.version == 4


async def test_two_first_writes_are_one_write(store: ViewStore) -> None:
    assert await store.save(ORDER_READ_MODEL, "order-789", Cursor(3, VIEW), None)
    assert not await store.save(ORDER_READ_MODEL, "order-789", Cursor(4, VIEW), None)
    assert (await store.load(ORDER_READ_MODEL, "order-789")).cursor.version == 3


async def test_read_models_are_read_at_session_consistency(
    store: ViewStore, containers: Containers
) -> None:
    await store.load(ORDER_READ_MODEL, "order-789")
    ((_, (_, _, options)),) = containers["order_read_model"].calls
    assert options["headers"] == {"x-ms-consistency-level": "Session"}


async def test_a_missing_container_is_not_taken_for_a_missing_view(
    store: ViewStore, containers: Containers
) -> None:
    missing = CosmosResourceNotFoundError(message="no container")
    missing.sub_status = 1003
    containers["order_read_model"].failure = missing
    with pytest.raises(CosmosResourceNotFoundError):
        await store.load(ORDER_READ_MODEL, "order-789")


async def test_what_else_the_service_answers_is_not_swallowed(
    store: ViewStore, containers: Containers
) -> None:
    for etag in (None, '"1"'):
        containers["order_read_model"].failure = CosmosHttpResponseError(
            status_code=429, message="throttled"
        )
        with pytest.raises(CosmosHttpResponseError):
            await store.save(ORDER_READ_MODEL, "order-789", Cursor(3, VIEW), etag)

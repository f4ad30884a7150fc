"""Views as they are stored: one document per aggregate and generation, written only over what was read."""

from typing import TYPE_CHECKING, Any, cast

import pytest
from azure.cosmos.exceptions import CosmosHttpResponseError, CosmosResourceNotFoundError

from domain.order import Item
from domain.values import Money, Price
from event_store.errors import StoreUnavailable
from projections.advance import Cursor
from projections.keeper import Change, Refused, Stored
from projections.order_read_model import ORDER_READ_MODEL, OrderView
from projections.order_search import ORDER_SEARCH
from projections.view_keeper import ViewKeeper
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
ID = "order-789"
PARTITION = "1|order-789"
KINDS: dict[int, Any] = {404: CosmosResourceNotFoundError}


@pytest.fixture
def container() -> FakeContainer:
    return FakeContainer()


@pytest.fixture
def keeper(container: FakeContainer) -> ViewKeeper[OrderView]:
    return in_generation(container, 1)


def in_generation(container: FakeContainer, generation: int) -> ViewKeeper[OrderView]:
    return ViewKeeper(ORDER_READ_MODEL, cast("ContainerProxy", container), generation, shards=16)


async def load(keeper: ViewKeeper[OrderView]) -> Stored[OrderView]:
    return (await keeper.load(keeper.partition(ID), [ID]))[ID]


async def save(
    keeper: ViewKeeper[OrderView], version: int, over: Stored[OrderView] | None = None
) -> bool:
    change = Change(ID, over or Stored(), Cursor(version, VIEW))
    return await keeper.save(keeper.partition(ID), [change])


async def test_a_view_comes_back_as_it_was_written(keeper: ViewKeeper[OrderView]) -> None:
    assert await save(keeper, 3)
    stored = await load(keeper)
    assert stored.cursor == Cursor(3, VIEW)
    assert isinstance(stored.cursor.view, OrderView)
    assert stored.cursor.view.total_amount == Money("59.97")


async def test_where_there_is_no_view_the_cursor_is_empty(keeper: ViewKeeper[OrderView]) -> None:
    assert await load(keeper) == Stored(Cursor(), None)


async def test_a_document_lies_in_its_aggregates_partition_of_the_generation(
    keeper: ViewKeeper[OrderView], container: FakeContainer
) -> None:
    await save(keeper, 3)
    ((partition, identity),) = container.documents
    assert (partition, identity) == (PARTITION, ID)
    document = container.documents[partition, identity]
    assert document["version"] == 3
    assert document["view"]["totalAmount"] == 59.97


def test_a_sharded_view_lies_in_one_of_the_generations_shards(container: FakeContainer) -> None:
    client = cast("ContainerProxy", container)
    keeper = ViewKeeper(ORDER_SEARCH, client, generation=3, shards=4)
    partitions = {keeper.partition(f"order-{number}") for number in range(100)}
    assert partitions == {"3|0", "3|1", "3|2", "3|3"}


async def test_generations_lie_beside_each_other(
    keeper: ViewKeeper[OrderView], container: FakeContainer
) -> None:
    await save(keeper, 3)
    assert (await load(in_generation(container, 2))).etag is None


async def test_a_write_over_what_was_read_succeeds(keeper: ViewKeeper[OrderView]) -> None:
    await save(keeper, 3)
    assert await save(keeper, 4, over=await load(keeper))
    assert (await load(keeper)).cursor.version == 4


async def test_a_write_over_what_changed_meanwhile_does_not(keeper: ViewKeeper[OrderView]) -> None:
    await save(keeper, 3)
    before = await load(keeper)
    await save(keeper, 4, over=before)
    assert not await save(keeper, 5, over=before)
    assert (await load(keeper)).cursor.version == 4


async def test_a_write_over_what_was_deleted_meanwhile_does_not(
    keeper: ViewKeeper[OrderView], container: FakeContainer
) -> None:
    await save(keeper, 3)
    before = await load(keeper)
    container.documents.clear()
    assert not await save(keeper, 4, over=before)
    assert container.documents == {}


async def test_two_first_writes_are_one_write(keeper: ViewKeeper[OrderView]) -> None:
    assert await save(keeper, 3)
    assert not await save(keeper, 4)
    assert (await load(keeper)).cursor.version == 3


async def test_read_models_are_read_at_session_consistency(
    keeper: ViewKeeper[OrderView], container: FakeContainer
) -> None:
    await load(keeper)
    ((_, (_, _, options)),) = container.calls
    assert options["headers"] == {"x-ms-consistency-level": "Session"}


async def test_a_missing_container_is_not_taken_for_a_missing_view(
    keeper: ViewKeeper[OrderView], container: FakeContainer
) -> None:
    before = Stored(Cursor(3, VIEW), '"1"')
    for attempt in (load(keeper), save(keeper, 4, over=before)):
        container.failure = answer(404, sub_status=1003)
        with pytest.raises(StoreUnavailable):
            await attempt


@pytest.mark.parametrize("status", [401, 403, 404, 408, 410, 429, 449, 500, 503])
async def test_what_passes_with_time_is_no_refusal(
    keeper: ViewKeeper[OrderView], container: FakeContainer, status: int
) -> None:
    for over in (None, Stored(Cursor(3, VIEW), '"1"')):
        container.failure = answer(status, sub_status=1003)
        with pytest.raises(StoreUnavailable):
            await save(keeper, 4, over)


@pytest.mark.parametrize("status", [400, 413])
async def test_what_the_service_will_never_take_is_refused(
    keeper: ViewKeeper[OrderView], container: FakeContainer, status: int
) -> None:
    for over in (None, Stored(Cursor(3, VIEW), '"1"')):
        container.failure = answer(status)
        with pytest.raises(Refused, match=rf"status {status}"):
            await save(keeper, 4, over)


def answer(status: int, sub_status: int | None = None) -> CosmosHttpResponseError:
    """What the SDK raises for a status."""
    error: CosmosHttpResponseError = KINDS.get(status, CosmosHttpResponseError)(
        status_code=status, message="injected"
    )
    error.sub_status = sub_status
    return error

"""Commands that come again, and commands that expect a version."""

import pytest

from domain.order import ORDER, Item, PlaceOrder, ShipOrder
from domain.values import Price
from event_store.errors import (
    IdempotencyKeyReused,
    VersionMismatch,
)
from tests.fakes.counter import COUNTER, Add, context
from tests.fakes.event_store import FakeEventStore
from tests.fakes.handlers import add, handler, totals, versions

PLACE = PlaceOrder(customer_id="customer-1", items=(Item("product-1", 1, Price(5)),))
SHIP = ShipOrder(tracking_number="1Z")


@pytest.fixture
def store() -> FakeEventStore:
    return FakeEventStore(COUNTER, ORDER)


async def test_a_repeat_gets_the_first_answer_however_much_happened_since(
    store: FakeEventStore,
) -> None:
    await add(store, 1)
    one = handler(store)
    first = await one.execute(COUNTER, "1", Add(amount=7, times=2), context("k-1"), expected=1)
    await add(store, *[1] * 20, prefix="later")
    before = list(store.streams["counter-1"])
    for process in (one, handler(store)):
        again = await process.execute(
            COUNTER, "1", Add(amount=7, times=2), context("k-1", correlation_id="c-2"), expected=1
        )
        assert again.replayed
        assert again.events == first.events
        assert again.state == first.state
        assert again.head == first.head
        assert again.events[0].metadata.correlation_id == "c-1"
    assert store.streams["counter-1"] == before


async def test_a_verbatim_repeat_of_the_creation_is_known_for_one_by_any_process(
    store: FakeEventStore,
) -> None:
    first = await handler(store).execute(ORDER, "789", PLACE, context())
    await handler(store).execute(ORDER, "789", SHIP, context("k-2"))
    again = await handler(store).execute(ORDER, "789", PLACE, context())
    assert again.replayed
    assert again.state.status == "placed"
    assert again.head == first.head


@pytest.mark.parametrize("warm", [True, False])
async def test_a_key_that_stands_for_another_payload_is_refused(
    store: FakeEventStore, warm: bool
) -> None:
    one = handler(store)
    await one.execute(COUNTER, "1", Add(amount=7), context("k-1"))
    process = one if warm else handler(store)
    with pytest.raises(IdempotencyKeyReused):
        await process.execute(COUNTER, "1", Add(amount=8), context("k-1", command_hash="f" * 64))
    assert totals(store) == [7]


async def test_a_key_belongs_to_one_aggregate(store: FakeEventStore) -> None:
    one = handler(store)
    for identity in ("1", "2"):
        executed = await one.execute(COUNTER, identity, Add(amount=7), context("k-1"))
        assert not executed.replayed
    assert versions(store, "counter-1") == versions(store, "counter-2") == [1]


async def test_a_version_that_the_caller_did_not_see_is_refused(store: FakeEventStore) -> None:
    await add(store, 1, 1)
    with pytest.raises(VersionMismatch) as mismatch:
        await handler(store).execute(COUNTER, "1", Add(amount=1), context(), expected=1)
    assert mismatch.value.current == 2
    assert totals(store) == [1, 2]


async def test_the_version_that_the_caller_saw_is_judged_by_the_newest_state(
    store: FakeEventStore,
) -> None:
    one = handler(store)
    await one.execute(COUNTER, "1", Add(amount=1), context("k-1"))
    await add(store, 1)
    executed = await one.execute(COUNTER, "1", Add(amount=1), context("k-2"), expected=2)
    assert executed.head.version == 3


async def test_an_expected_version_is_not_given_up_in_a_conflict(store: FakeEventStore) -> None:
    one = handler(store)
    await one.execute(COUNTER, "1", Add(amount=1), context("k-1"))
    await add(store, 1)
    with pytest.raises(VersionMismatch) as mismatch:
        await one.execute(COUNTER, "1", Add(amount=1), context("k-2"), expected=1)
    assert mismatch.value.current == 2

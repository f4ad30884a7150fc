"""What an instance remembers, or reads from a replica that lags, may be old; an answer never is."""

import pytest

from domain.aggregate import AggregateNotFound, RuleViolation
from domain.order import ORDER, CancelOrder, DeliverOrder, ShipOrder
from domain.product import PRODUCT, ReceiveStock, ReleaseStock, ReserveStock
from event_store.errors import VersionMismatch
from local.cosmos import On
from projections.order_read_model import ORDER_READ_MODEL
from tests.stack.commanding import an_order, execute
from tests.stack.in_process import Account
from tests.stack.streams import assert_sound
from wiring import Application


async def catch_up(application: Application) -> None:
    """What the projector does with the order's events."""
    events = [event async for event in application.event_store.read("order-o")]
    await application.engine.catch_up(ORDER_READ_MODEL, events)


async def test_a_refusal_from_a_stale_cache_is_taken_back_after_a_look(account: Account) -> None:
    stale, other = await account.instance(), await account.instance()
    await execute(stale, PRODUCT, "p", ReceiveStock(quantity=1))
    await execute(other, PRODUCT, "p", ReceiveStock(quantity=4))
    account.requests()
    executed = await execute(stale, PRODUCT, "p", ReserveStock(order_id="o", quantity=5))
    assert executed.state.available == 0
    assert account.requests() == {"query": 1, "batch": 1}


async def test_a_refusal_that_stays_one_costs_one_look(account: Account) -> None:
    stale, other = await account.instance(), await account.instance()
    await execute(stale, ORDER, "o", an_order())
    await execute(other, ORDER, "o", ShipOrder(tracking_number="t"))
    account.requests()
    with pytest.raises(RuleViolation, match="shipped") as raised:
        await execute(stale, ORDER, "o", CancelOrder(reason="r"))
    assert raised.value.code == "order-already-shipped"
    assert account.requests() == {"query": 1, "batch": 1}, "the append found out, then a look"
    with pytest.raises(RuleViolation):
        await execute(stale, ORDER, "o", CancelOrder(reason="r"))
    assert account.requests() == {"query": 1}


async def test_an_append_on_a_stale_cache_never_lands_at_a_version_that_is_taken(
    account: Account,
) -> None:
    stale, other = await account.instance(), await account.instance()
    await execute(stale, PRODUCT, "p", ReceiveStock(quantity=9))
    for n in range(3):
        await execute(other, PRODUCT, "p", ReserveStock(order_id=f"o{n}", quantity=3))
    with pytest.raises(RuleViolation, match="0 available"):
        await execute(stale, PRODUCT, "p", ReserveStock(order_id="late", quantity=1))
    released = await execute(stale, PRODUCT, "p", ReleaseStock(order_id="o1"))
    assert (released.head.version, released.state.available) == (5, 3)
    assert_sound(await account.stream("product-p"))


async def test_an_expected_version_is_judged_on_what_is_stored_not_on_what_is_remembered(
    account: Account,
) -> None:
    stale, other = await account.instance(), await account.instance()
    await execute(stale, ORDER, "o", an_order())
    await execute(other, ORDER, "o", ShipOrder(tracking_number="t"))
    with pytest.raises(VersionMismatch) as raised:
        await execute(stale, ORDER, "o", DeliverOrder(), expected=1)
    assert raised.value.current == 2
    delivered = await execute(stale, ORDER, "o", DeliverOrder(), expected=2)
    assert delivered.head.version == 3


async def test_an_expected_version_that_a_stale_cache_does_not_know_yet_is_accepted(
    account: Account,
) -> None:
    stale, other = await account.instance(), await account.instance()
    await execute(stale, ORDER, "o", an_order())
    await execute(other, ORDER, "o", ShipOrder(tracking_number="t"))
    assert (await execute(stale, ORDER, "o", DeliverOrder(), expected=2)).head.version == 3


async def test_an_expected_version_of_something_that_does_not_exist_is_a_mismatch(
    account: Account,
) -> None:
    application = await account.instance()
    with pytest.raises(VersionMismatch) as raised:
        await execute(application, ORDER, "o", an_order(), expected=1)
    assert raised.value.current == 0
    assert await account.stream("order-o") == []


async def test_reads_of_the_write_side_are_not_stale_where_replicas_lag(account: Account) -> None:
    first, second = await account.instance(), await account.instance()
    await execute(first, PRODUCT, "p", ReceiveStock(quantity=1))
    for container in ("events", "snapshots"):
        account.cosmos.faults.stale_reads(On(container=container), transactions=5)
    for n in range(10):
        application = (first, second)[n % 2]
        await execute(application, PRODUCT, "p", ReserveStock(order_id=f"o{n}", quantity=1))
        other = await account.instance()
        with pytest.raises(RuleViolation, match="0 available"):
            await execute(other, PRODUCT, "p", ReserveStock(order_id="x", quantity=1))
        await execute(other, PRODUCT, "p", ReleaseStock(order_id=f"o{n}"))
    with pytest.raises(AggregateNotFound):
        await execute(first, PRODUCT, "none", ReleaseStock(order_id="o"))
    assert_sound(await account.stream("product-p"))


async def test_read_models_may_be_read_stale_where_replicas_lag(account: Account) -> None:
    """The fault is real: the same replicas answer the read side, which may lag, with old views."""
    application = await account.instance()
    await execute(application, ORDER, "o", an_order())
    await catch_up(application)
    await execute(application, ORDER, "o", ShipOrder(tracking_number="t"))
    await catch_up(application)
    reader = (await account.instance()).view_reader
    fault = account.cosmos.faults.stale_reads(On(container="order_read_model"))
    assert (await reader.read(ORDER_READ_MODEL, "o")).version == 1
    assert fault.hits == 1
    fresh = await reader.read(ORDER_READ_MODEL, "o", min_version=2)
    assert (fresh.version, fresh.source) == (2, "event-log")


async def test_with_the_cache_turned_off_every_command_loads(account: Account) -> None:
    application = await account.instance(AGGREGATE_CACHE_ENTRIES="0")
    await execute(application, PRODUCT, "p", ReceiveStock(quantity=1))
    account.requests()
    await execute(application, PRODUCT, "p", ReceiveStock(quantity=1))
    assert account.requests() == {"point_read": 1, "query": 1, "batch": 1}
    assert (application.command_handler.cache.hits, application.command_handler.cache.misses) == (
        0,
        2,
    )

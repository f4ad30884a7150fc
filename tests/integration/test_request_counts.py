"""What a command costs in requests to Cosmos DB, whatever the length of the history."""

import pytest

from domain.order import ORDER, ShipOrder
from domain.product import PRODUCT, ReceiveStock
from tests.stack.commanding import an_order, execute
from tests.stack.histories import receive_often
from tests.stack.in_process import Account
from tests.stack.streams import assert_sound


async def test_creating_costs_one_request(account: Account) -> None:
    application = await account.instance()
    account.requests()
    await execute(application, ORDER, "o", an_order())
    assert account.requests() == {"batch": 1}


async def test_a_warm_command_costs_one_request(account: Account) -> None:
    application = await account.instance()
    await execute(application, ORDER, "o", an_order())
    account.requests()
    await execute(application, ORDER, "o", ShipOrder(tracking_number="t"))
    assert account.requests() == {"batch": 1}


@pytest.mark.parametrize("key", ["key", None])
async def test_a_key_costs_no_request_more(account: Account, key: str | None) -> None:
    application = await account.instance()
    await execute(application, PRODUCT, "p", ReceiveStock(quantity=1))
    account.requests()
    await execute(application, PRODUCT, "p", ReceiveStock(quantity=1), key)
    assert account.requests() == {"batch": 1}
    await execute(application, ORDER, "o", an_order(), key)
    assert account.requests() == {"batch": 1}


async def test_fifty_warm_commands_cost_fifty_requests_and_a_snapshot(account: Account) -> None:
    application = await account.instance()
    await execute(application, PRODUCT, "p", ReceiveStock(quantity=1))
    account.requests()
    for _ in range(50):
        await execute(application, PRODUCT, "p", ReceiveStock(quantity=1))
    await application.snapshotter.settled()
    assert account.requests() == {"batch": 50, "upsert": 1}


async def test_a_conflict_costs_one_read(account: Account) -> None:
    first, second = await account.instance(), await account.instance()
    for one in (first, second):
        await execute(one, PRODUCT, "p", ReceiveStock(quantity=1))
    account.requests()
    await execute(first, PRODUCT, "p", ReceiveStock(quantity=1))
    assert account.requests() == {"query": 1, "batch": 2}


@pytest.mark.parametrize("length", [10, 1_000, 10_000])
async def test_a_cold_command_costs_three_requests_at_any_length(
    account: Account, length: int
) -> None:
    before = await account.instance()
    await receive_often(account, before.codec, "p", length - 1)
    await execute(before, PRODUCT, "p", ReceiveStock(quantity=1))
    await before.snapshotter.settled()
    cold = await account.instance()
    account.requests()
    executed = await execute(cold, PRODUCT, "p", ReceiveStock(quantity=1))
    assert executed.state.on_hand == length + 1
    assert account.requests() == {"point_read": 1, "query": 1, "batch": 1}
    assert_sound(await account.stream("product-p"))


@pytest.mark.parametrize("interval", [50, 100, 500])
async def test_a_cold_command_costs_three_requests_right_before_the_next_snapshot(
    account: Account, interval: int
) -> None:
    intervals = f"Product={interval}"
    before = await account.instance(SNAPSHOT_INTERVALS=intervals)
    await receive_often(account, before.codec, "p", interval - 1)
    for _ in range(interval):
        await execute(before, PRODUCT, "p", ReceiveStock(quantity=1))
    await before.snapshotter.settled()
    cold = await account.instance(SNAPSHOT_INTERVALS=intervals)
    account.requests()
    executed = await execute(cold, PRODUCT, "p", ReceiveStock(quantity=1))
    assert executed.head.version == 2 * interval
    await cold.snapshotter.settled()
    assert account.requests() == {"point_read": 1, "query": 1, "batch": 1, "upsert": 1}

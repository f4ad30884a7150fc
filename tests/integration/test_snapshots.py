"""Snapshots: taken at the interval, used by a cold instance, thrown away when they are not right."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from domain.product import PRODUCT, ReceiveStock, ReleaseStock, ReserveStock
from local.cosmos import On
from tests.stack.commanding import execute
from tests.stack.in_process import Account
from wiring import Application

COLD = {"point_read": 1, "query": 1, "batch": 1}


async def snapshot(account: Account) -> dict[str, Any]:
    found: dict[str, Any] = await (await account.container("snapshots")).read_item("1", "product-p")
    return found


async def receive(application: Application, times: int) -> None:
    """So many receipts of one piece, and the snapshots that they lead to."""
    for _ in range(times):
        await execute(application, PRODUCT, "p", ReceiveStock(quantity=1))
    await application.snapshotter.settled()


@pytest.mark.parametrize(
    ("commands", "setting", "version"),
    [(49, "", None), (50, "", 50), (99, "", 50), (100, "", 100), (7, "Product=3", 6)],
)
async def test_a_snapshot_is_taken_whenever_the_interval_is_crossed(
    account: Account, commands: int, setting: str, version: int | None
) -> None:
    await receive(await account.instance(SNAPSHOT_INTERVALS=setting), commands)
    found = (await account.container("snapshots")).query_items(
        "SELECT * FROM c", partition_key="product-p"
    )
    assert [document["version"] async for document in found] == ([version] if version else [])


async def test_a_snapshot_names_its_shape_and_its_last_event(account: Account) -> None:
    await receive(await account.instance(SNAPSHOT_INTERVALS="Product=3"), 3)
    last = (await account.stream("product-p"))[-1]
    found = await snapshot(account)
    assert (found["id"], found["version"], found["eventId"]) == ("1", 3, last["eventId"])
    assert (found["hash"], found["timestamp"]) == (last["hash"], last["timestamp"])


async def test_a_cold_instance_starts_from_the_snapshot(account: Account) -> None:
    """Seen by changing the state in it: the events before it are not read."""
    await receive(await account.instance(SNAPSHOT_INTERVALS="Product=3"), 4)
    found = await snapshot(account)
    found["state"]["on_hand"] = 1000
    await (await account.container("snapshots")).upsert_item(found)
    cold = await account.instance()
    account.requests()
    executed = await execute(cold, PRODUCT, "p", ReceiveStock(quantity=1))
    assert executed.state.on_hand == 1002
    assert account.requests() == COLD


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ({"state": None}, "damaged"),
        ({"state": {"product_id": "p", "on_hand": "many"}}, "damaged"),
        ({"state": ["p"]}, "damaged"),
        ({"version": "3"}, "damaged"),
        ({"eventId": "of-another-life"}, "not of this stream"),
        ({"version": 2}, "not of this stream"),
        ({"version": 400}, "not of this stream"),
    ],
)
async def test_a_snapshot_that_is_not_right_is_thrown_away_and_later_replaced(
    account: Account,
    caplog: pytest.LogCaptureFixture,
    damage: Mapping[str, Any],
    says: str,
) -> None:
    await receive(await account.instance(SNAPSHOT_INTERVALS="Product=3"), 4)
    wrong = await snapshot(account) | dict(damage)
    await (await account.container("snapshots")).upsert_item(wrong)
    cold = await account.instance()
    with caplog.at_level(logging.WARNING, "event_store"):
        executed = await execute(cold, PRODUCT, "p", ReceiveStock(quantity=1))
    assert executed.state.on_hand == executed.head.version == 5
    assert says in caplog.text
    await receive(await account.instance(SNAPSHOT_INTERVALS="Product=3"), 1)
    assert (await snapshot(account))["state"]["on_hand"] == 6


@pytest.mark.parametrize("gone", ["eventId", "version", "state", "hash"])
async def test_a_snapshot_that_misses_a_field_is_thrown_away(account: Account, gone: str) -> None:
    await receive(await account.instance(SNAPSHOT_INTERVALS="Product=3"), 4)
    wrong = await snapshot(account)
    del wrong[gone]
    await (await account.container("snapshots")).upsert_item(wrong)
    executed = await execute(await account.instance(), PRODUCT, "p", ReceiveStock(quantity=1))
    assert executed.state.on_hand == executed.head.version == 5


async def test_a_snapshot_of_another_shape_stays_where_it_is(account: Account) -> None:
    """As in a deployment, where both versions of the code run for a while."""
    reshaped = replace(PRODUCT, shape=2)
    old, new = [await account.instance(SNAPSHOT_INTERVALS="Product=3") for _ in range(2)]
    await receive(old, 3)
    await execute(new, reshaped, "p", ReceiveStock(quantity=1))
    for _ in range(2):
        executed = await execute(new, reshaped, "p", ReceiveStock(quantity=1))
    await new.snapshotter.settled()
    assert executed.state.on_hand == executed.head.version == 6
    found = (await account.container("snapshots")).query_items(
        "SELECT * FROM c", partition_key="product-p"
    )
    assert {d["id"]: d["version"] async for d in found} == {"1": 3, "2": 6}


async def test_a_snapshot_that_cannot_be_written_fails_no_command(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    application = await account.instance(SNAPSHOT_INTERVALS="Product=2")
    account.cosmos.faults.throttle(On("upsert"), times=None)
    for version in (1, 2, 3):
        executed = await execute(application, PRODUCT, "p", ReceiveStock(quantity=1))
        assert executed.head.version == version
    await application.snapshotter.settled()
    assert "No snapshot of 'product-p' this time." in caplog.text
    account.cosmos.faults.clear()
    await receive(application, 1)
    assert (await snapshot(account))["version"] == 4


async def test_the_answer_does_not_wait_for_the_snapshot(account: Account) -> None:
    application = await account.instance(SNAPSHOT_INTERVALS="Product=1")
    account.requests()
    await execute(application, PRODUCT, "p", ReceiveStock(quantity=1))
    assert "upsert" not in account.requests()
    await application.snapshotter.settled()
    assert account.requests() == {"upsert": 1}


async def test_reservations_that_ended_leave_nothing_in_the_state(account: Account) -> None:
    application = await account.instance(SNAPSHOT_INTERVALS="Product=10")
    await receive(application, 1)
    sizes = []
    for n in range(30):
        await execute(application, PRODUCT, "p", ReserveStock(order_id=f"o{n}", quantity=1))
        await execute(application, PRODUCT, "p", ReleaseStock(order_id=f"o{n}"))
        await application.snapshotter.settled()
        if (n + 1) % 10 == 0:
            sizes.append(len(msgspec.json.encode((await snapshot(account))["state"])))
    assert max(sizes) < 150

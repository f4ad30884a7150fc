"""Many commands on one aggregate at once, through two instances of the application."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from domain.aggregate import RuleViolation
from domain.events import Context, Event, Recorded
from domain.order import ORDER, CancelOrder, ShipOrder
from domain.product import PRODUCT, ReceiveStock, ReserveStock, StockReserved
from event_store.cache import AggregateCache
from event_store.command_handler import ATTEMPTS, CommandHandler
from event_store.documents import Head
from event_store.errors import ConcurrencyConflict
from event_store.store import CosmosEventStore
from tests.stack.commanding import an_order, context, execute
from tests.stack.in_process import Account
from tests.stack.streams import assert_sound
from wiring import Application


@pytest.fixture
async def instances(account: Account) -> list[Application]:
    return [await account.instance(), await account.instance()]


async def codes(work: Sequence[Awaitable[object]]) -> Counter[str]:
    """How often which rule said no; successes under 'ok'."""
    outcomes = await asyncio.gather(*work, return_exceptions=True)
    counted: Counter[str] = Counter()
    for outcome in outcomes:
        match outcome:
            case RuleViolation():
                counted[outcome.code] += 1
            case BaseException():
                raise outcome
            case _:
                counted["ok"] += 1
    return counted


async def test_forty_commands_on_a_hot_product_all_land(
    account: Account, instances: list[Application]
) -> None:
    await execute(instances[0], PRODUCT, "hot", ReceiveStock(quantity=1000))
    executed = await asyncio.gather(
        *(
            execute(
                instances[n % 2], PRODUCT, "hot", ReserveStock(order_id=f"o{n}", quantity=n + 1)
            )
            for n in range(40)
        )
    )
    stream = await account.stream("product-hot")
    assert_sound(stream)
    assert sorted(one.head.version for one in executed) == list(range(2, 42))
    assert {d["data"]["orderId"] for d in stream[1:]} == {f"o{n}" for n in range(40)}
    conflicts = sum(one.command_handler.conflicts for one in instances)
    assert 0 < conflicts < 40 * ATTEMPTS


async def test_stock_is_never_oversold(account: Account, instances: list[Application]) -> None:
    await execute(instances[0], PRODUCT, "scarce", ReceiveStock(quantity=10))
    counted = await codes(
        [
            execute(instances[n % 2], PRODUCT, "scarce", ReserveStock(order_id=f"o{n}", quantity=3))
            for n in range(16)
        ]
    )
    assert counted == {"ok": 3, "insufficient-stock": 13}
    stream = await account.stream("product-scarce")
    assert_sound(stream)
    assert [d["eventType"] for d in stream[1:]] == [StockReserved.__name__] * 3


async def test_of_sixteen_placings_of_an_order_one_succeeds(
    account: Account, instances: list[Application]
) -> None:
    counted = await codes(
        [execute(instances[n % 2], ORDER, "o", an_order(order_id="o")) for n in range(16)]
    )
    assert counted == {"ok": 1, "order-already-placed": 15}
    assert len(await account.stream("order-o")) == 1


@pytest.mark.parametrize("seed", range(8))
async def test_an_order_is_shipped_or_cancelled_never_both(
    account: Account, instances: list[Application], seed: int
) -> None:
    order = f"o{seed}"
    await execute(instances[0], ORDER, order, an_order())
    work = [
        *(execute(one, ORDER, order, ShipOrder(tracking_number="t")) for one in instances),
        *(execute(one, ORDER, order, CancelOrder(reason="r")) for one in instances),
    ]
    if seed % 2:
        work.reverse()
    counted = await codes(work)
    stream = await account.stream(f"order-{order}")
    assert_sound(stream)
    last = stream[-1]["eventType"]
    refusals = {
        "OrderShipped": Counter({"ok": 1, "order-already-shipped": 3}),
        "OrderCancelled": Counter({"ok": 1, "order-cancelled": 2, "order-already-cancelled": 1}),
    }
    assert len(stream) == 2
    assert counted == refusals[last]


class Overtaken:
    """A store in which somebody else is always faster."""

    def __init__(self, store: CosmosEventStore, rival: Callable[[], Awaitable[object]]) -> None:
        self._store = store
        self._rival = rival
        self.read = store.read
        self.appends = 0

    async def append(
        self,
        stream: str,
        head: Head,
        events: Sequence[Event],
        context: Context,
        subject: str | None = None,
    ) -> list[Recorded[Any]]:
        self.appends += 1
        await self._rival()
        return await self._store.append(stream, head, events, context, subject)


async def test_a_command_that_always_loses_gives_up_and_has_stored_nothing(
    account: Account, instances: list[Application]
) -> None:
    ours, theirs = instances

    async def rival() -> None:
        await execute(theirs, PRODUCT, "p", ReceiveStock(quantity=1))

    async def no_pause(_: float) -> None:
        return None

    overtaken = Overtaken(ours.event_store, rival)
    snapshotter, cache = ours.snapshotter, AggregateCache(100, 10**6)
    handler = CommandHandler(overtaken, snapshotter, cache, no_pause)
    command = ReceiveStock(quantity=999)
    with pytest.raises(ConcurrencyConflict, match=f"each of {ATTEMPTS} attempts"):
        await handler.execute(PRODUCT, "p", command, context(PRODUCT, command))
    assert handler.conflicts == overtaken.appends
    assert 1 < overtaken.appends <= ATTEMPTS
    stream = await account.stream("product-p")
    assert_sound(stream)
    assert [d["data"]["quantity"] for d in stream] == [1] * overtaken.appends

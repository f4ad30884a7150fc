"""Connections that break before or after Cosmos DB has done its work, at each request of a command."""

from typing import Any, Final, Literal

import pytest

from domain.order import ORDER, ShipOrder
from domain.product import PRODUCT, ReceiveStock
from event_store.errors import StoreUnavailable
from local.cosmos import Fault, On
from local.cosmos.stats import RequestKind
from tests.stack.commanding import an_order, execute
from tests.stack.in_process import Account
from tests.stack.streams import assert_sound

type When = Literal["drop_before", "drop_after"]

SDK_TRIES: Final = 4
"""How often azure-cosmos sends a request whose connection breaks, before it gives up."""

BOTH: Final = pytest.mark.parametrize("when", ["drop_before", "drop_after"])


def lose(account: Account, when: When, kind: RequestKind, times: int | None = 1) -> Fault:
    faults = account.cosmos.faults
    register = {"drop_before": faults.drop_before, "drop_after": faults.drop_after}[when]
    return register(On(kind), times=times)


async def stored(account: Account, stream: str) -> list[str]:
    account.cosmos.faults.clear()
    documents = await account.stream(stream)
    assert_sound(documents)
    return [document["eventType"] for document in documents]


@BOTH
async def test_a_lost_answer_to_a_creating_command_is_one_event_and_a_success(
    account: Account, when: When
) -> None:
    application = await account.instance()
    fault = lose(account, when, "batch")
    executed = await execute(application, ORDER, "o", an_order(), "key")
    assert fault.hits == 1
    assert (executed.head.version, executed.state.status, executed.replayed) == (1, "placed", False)
    assert await stored(account, "order-o") == ["OrderPlaced"]


@BOTH
async def test_a_lost_answer_to_a_warm_command_is_one_event_and_a_success(
    account: Account, when: When
) -> None:
    application = await account.instance()
    await execute(application, ORDER, "o", an_order())
    fault = lose(account, when, "batch")
    executed = await execute(application, ORDER, "o", ShipOrder(tracking_number="t"))
    assert fault.hits == 1
    assert (executed.head.version, executed.state.status) == (2, "shipped")
    assert await stored(account, "order-o") == ["OrderPlaced", "OrderShipped"]


@BOTH
@pytest.mark.parametrize("kind", ["point_read", "query", "batch"])
async def test_a_lost_answer_to_any_request_of_a_cold_command_changes_nothing(
    account: Account, when: When, kind: RequestKind
) -> None:
    warm = await account.instance(SNAPSHOT_INTERVALS="Product=2")
    for _ in range(3):
        await execute(warm, PRODUCT, "p", ReceiveStock(quantity=1))
        await warm.snapshotter.settled()
    cold = await account.instance()
    fault = lose(account, when, kind)
    executed = await execute(cold, PRODUCT, "p", ReceiveStock(quantity=1))
    assert fault.hits == 1
    assert (executed.head.version, executed.state.on_hand) == (4, 4)
    assert await stored(account, "product-p") == ["StockReceived"] * 4


async def test_when_the_sdk_gives_up_an_append_the_stream_tells_what_became_of_it(
    account: Account,
) -> None:
    application = await account.instance()
    fault = lose(account, "drop_after", "batch", SDK_TRIES)
    executed = await execute(application, ORDER, "o", an_order(), "key")
    assert fault.hits == SDK_TRIES
    assert (executed.head.version, executed.replayed) == (1, False)
    assert await stored(account, "order-o") == ["OrderPlaced"]


async def test_a_command_whose_outcome_stays_unknown_is_answered_when_it_is_repeated(
    account: Account,
) -> None:
    application = await account.instance()
    lose(account, "drop_after", "batch", None)
    account.cosmos.faults.throttle(On("point_read"), times=None)
    with pytest.raises(StoreUnavailable):
        await execute(application, ORDER, "o", an_order(), "key")
    account.cosmos.faults.clear()
    executed = await execute(application, ORDER, "o", an_order(), "key")
    assert (executed.head.version, executed.replayed) == (1, True)
    assert await stored(account, "order-o") == ["OrderPlaced"]


async def test_a_second_command_after_a_lost_answer_builds_on_the_first(account: Account) -> None:
    first, second = await account.instance(), await account.instance()
    await execute(first, PRODUCT, "p", ReceiveStock(quantity=1))
    await execute(second, PRODUCT, "p", ReceiveStock(quantity=1))
    lose(account, "drop_after", "batch")
    answers: list[Any] = [
        await execute(one, PRODUCT, "p", ReceiveStock(quantity=1)) for one in (first, second)
    ]
    assert [one.state.on_hand for one in answers] == [3, 4]
    assert await stored(account, "product-p") == ["StockReceived"] * 4

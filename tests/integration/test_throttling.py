"""Cosmos DB throttles: its retry-after is honoured, and when it lasts the caller is told when to come back."""

from itertools import count

import pytest

from domain.order import ORDER, ShipOrder
from event_store.errors import StoreUnavailable
from local.cosmos import On
from local.cosmos.stats import RequestKind
from tests.stack.calls import Functions
from tests.stack.commanding import an_order, execute
from tests.stack.in_process import Account


@pytest.mark.parametrize("kind", ["point_read", "query", "batch"])
async def test_a_short_throttling_is_waited_out(account: Account, kind: RequestKind) -> None:
    await execute(await account.instance(), ORDER, "o", an_order())
    cold = await account.instance()
    fault = account.cosmos.faults.throttle(On(kind), times=3, retry_after_ms=5)
    executed = await execute(cold, ORDER, "o", ShipOrder(tracking_number="t"))
    assert fault.hits == 3
    assert (executed.head.version, executed.replayed) == (2, False)
    assert len(await account.stream("order-o")) == 2


async def test_a_lasting_throttling_is_told_with_the_time_to_wait(account: Account) -> None:
    application = await account.instance()
    account.cosmos.faults.throttle(On("batch"), times=None, retry_after_ms=30)
    with pytest.raises(StoreUnavailable, match="throttling") as raised:
        await execute(application, ORDER, "o", an_order(), "key")
    assert raised.value.retry_after == 0.03
    account.cosmos.faults.clear()
    assert await account.stream("order-o") == []
    assert (await execute(application, ORDER, "o", an_order(), "key")).replayed is False


async def test_over_http_a_lasting_throttling_is_503_with_retry_after(account: Account) -> None:
    call = Functions(await account.instance())
    account.cosmos.faults.throttle(On("batch"), times=None, retry_after_ms=1600)
    body = {"customerId": "c", "items": [{"productId": "p", "quantity": 1, "price": 1}]}
    reply = await call("place_order", body)
    assert (reply.status, reply.headers["Retry-After"]) == (503, "2")
    assert reply.body["type"] == "/problems/unavailable"


async def test_an_append_that_is_throttled_after_a_lost_answer_is_found_when_it_is_repeated(
    account: Account,
) -> None:
    application = await account.instance()
    sent = count()
    account.cosmos.faults.drop_after(On("batch"))
    account.cosmos.faults.throttle(On("batch", when=lambda _: next(sent) > 0), times=None)
    with pytest.raises(StoreUnavailable):
        await execute(application, ORDER, "o", an_order(), "key")
    account.cosmos.faults.clear()
    executed = await execute(application, ORDER, "o", an_order(), "key")
    assert (executed.head.version, executed.replayed) == (1, True)
    assert len(await account.stream("order-o")) == 1

"""What people's keys cost in requests, and what becomes of commands when keys cannot be had."""

import asyncio

import msgspec
import pytest

from domain.order import ORDER, ShipOrder
from domain.product import PRODUCT, ReceiveStock
from event_store.errors import StoreUnavailable
from local.cosmos import On
from privacy.errors import KeysUnavailable
from privacy.subject_keys import SubjectKey
from tests.stack.calls import Functions
from tests.stack.commanding import an_order, execute
from tests.stack.in_process import Account
from tests.stack.personal import a_personal_order, delivery, is_clear

KEYS = "subject_keys"


async def test_personal_data_of_a_known_person_costs_one_cold_request_and_none_warm(
    account: Account,
) -> None:
    await execute(await account.instance(), ORDER, "1", a_personal_order())
    cold = await account.instance()
    account.requests()
    await execute(cold, ORDER, "2", a_personal_order())
    assert account.requests() == {"point_read": 1, "batch": 1}
    await execute(cold, ORDER, "3", a_personal_order())
    assert account.requests() == {"batch": 1}


async def test_a_new_person_costs_a_read_and_a_write(account: Account) -> None:
    application = await account.instance()
    account.requests()
    await execute(application, ORDER, "1", a_personal_order())
    assert account.requests() == {"point_read": 1, "create": 1, "batch": 1}


async def test_without_personal_data_no_key_is_asked_for(account: Account) -> None:
    application = await account.instance()
    account.requests()
    await execute(application, ORDER, "1", an_order())
    await execute(application, ORDER, "1", ShipOrder(tracking_number="t"))
    await execute(application, PRODUCT, "p", ReceiveStock(quantity=1))
    assert account.requests_to(KEYS) == {}
    assert account.keys.asked == []


async def test_processes_that_make_a_key_at_once_agree_on_one(account: Account) -> None:
    instances = [await account.instance() for _ in range(4)]
    commands = [
        execute(instance, ORDER, str(number), a_personal_order())
        for number, instance in enumerate(instances)
    ]
    await asyncio.gather(*commands)
    (key,) = await account.documents(KEYS)
    reader = await account.instance()
    for number in range(4):
        (placed,) = await account.stream(f"order-{number}")
        opened = await reader.sealer.opened(placed)
        assert placed["data"]["contact"]["name"]["key"] == key["keyId"]
        assert is_clear(opened)


@pytest.mark.parametrize("operation", ["point_read", "create"])
@pytest.mark.parametrize("effect", ["drop_before", "drop_after", "throttle"])
async def test_lost_answers_and_throttling_are_waited_out(
    account: Account, operation: str, effect: str
) -> None:
    if operation == "point_read":
        await execute(await account.instance(), ORDER, "0", a_personal_order())
    application = await account.instance()
    fault = getattr(account.cosmos.faults, effect)(
        On(operation=operation, container=KEYS)  # type: ignore[arg-type]  # a kind of request
    )
    await execute(application, ORDER, "1", a_personal_order())
    assert fault.hits == 1
    assert len(await account.documents(KEYS)) == 1
    (placed,) = await account.stream("order-1")
    assert is_clear(await (await account.instance()).sealer.opened(placed))


async def test_a_key_is_written_over_only_as_it_was_loaded(account: Account) -> None:
    keys = (await account.instance()).subject_keys
    first, second = SubjectKey("ada", key_id="1"), SubjectKey("ada", key_id="2")
    assert await keys.save(first, None)
    assert not await keys.save(second, None)
    loaded = await keys.load("ada")
    assert loaded is not None
    assert loaded[0] == first
    assert await keys.save(second, loaded[1])
    assert not await keys.save(first, loaded[1])
    again = await keys.load("ada")
    assert again is not None
    assert again[0] == second
    assert await keys.load("eve") is None


async def test_a_store_of_keys_that_stays_away_leaves_nothing_behind(account: Account) -> None:
    application = await account.instance()
    account.cosmos.faults.throttle(On(container=KEYS), times=None)
    with pytest.raises(StoreUnavailable):
        await execute(application, ORDER, "1", a_personal_order())
    assert await account.stream("order-1") == []


BODY = {
    "orderId": "1",
    "customerId": "ada",
    "items": [{"productId": "p", "quantity": 1, "price": 1}],
    "contact": {"name": "Ada"},
}


async def test_without_the_key_encryption_key_a_command_is_refused_with_503_and_nothing_stored(
    account: Account,
) -> None:
    call = Functions(await account.instance())
    account.keys.away = True
    refused = await call("place_order", BODY)
    assert refused.status == 503
    assert refused.body["type"] == "/problems/unavailable"
    assert int(refused.headers["Retry-After"]) > 0
    assert await account.stream("order-1") == []
    assert await account.documents(KEYS) == []

    account.keys.away = False
    assert (await call("place_order", BODY)).status == 201
    history = await call("get_order_events", orderId="1")
    assert history.body["events"][0]["data"]["contact"] == {"name": "Ada"}


async def test_without_the_key_encryption_key_what_has_no_personal_data_goes_on(
    account: Account,
) -> None:
    application = await account.instance()
    account.keys.away = True
    await execute(application, ORDER, "1", an_order())
    with pytest.raises(KeysUnavailable):
        await execute(application, ORDER, "2", a_personal_order())


async def test_no_state_view_snapshot_key_or_event_holds_personal_data(account: Account) -> None:
    application = await account.instance(SNAPSHOT_INTERVALS="Order=2")
    await execute(application, ORDER, "1", a_personal_order())
    await execute(application, ORDER, "1", ShipOrder(tracking_number="t"))
    executed = await execute(application, ORDER, "1", delivery())
    await application.snapshotter.settled()
    events = [e async for e in application.event_store.read("order-1")]
    follow = [projection for projection in application.projections if projection.sees("Order")]
    for projection in follow:
        await application.engine.catch_up(projection, events)
    containers = ["events", "snapshots", KEYS]
    containers += [projection.container for projection in follow]
    for container in containers:
        documents = await account.documents(container)
        assert documents, container
        assert not is_clear(documents), container
    assert not is_clear(msgspec.to_builtins(executed.state))
    assert not is_clear([str(event) for event in (*executed.events, *events)])

"""Who looked: every read of events, of the past and of operations is on record before it is answered."""

from typing import Any

import pytest

from domain.order import ORDER, CancelOrder
from domain.product import PRODUCT, ReceiveStock
from functions.openapi.operating import OPERATING
from functions.openapi.operation import Operation
from local.cosmos import On
from tests.fakes.http import signed_in
from tests.stack.calls import Functions, Reply
from tests.stack.commanding import an_order, execute
from tests.stack.in_process import Account
from tests.stack.personal import MARK, a_personal_order
from wiring import Application

EVERYTHING = ("Orders.Manage", "Orders.Read", "PersonalData.Read", "Operations")
PAST = ({"version": "1"}, {"asOf": "2999-01-01T00:00:00Z"})
PATH: dict[str, Any] = {"name": "order_search", "id": "letter", "customerId": "ada"}
"""Whatever an operation may want in its path."""
BODIES: dict[str, dict[str, Any]] = {"start_archive": {"olderThanDays": 30}}


@pytest.fixture
async def application(account: Account) -> Application:
    """An instance behind the platform's authentication, with an order and a product."""
    application = await account.instance(HTTP_AUTH="platform", TRUSTED_PROXIES="1")
    application.erasure_record = account.blobs
    await execute(application, ORDER, "1", a_personal_order())
    await execute(application, PRODUCT, "p", ReceiveStock(quantity=1))
    return application


def headers(*roles: str, user: str = "eve", **more: str) -> dict[str, str]:
    return {
        **signed_in(user, *(roles or EVERYTHING)),
        "x-forwarded-for": "203.0.113.9, 10.0.0.4",
        **more,
    }


async def recorded(account: Account) -> list[dict[str, Any]]:
    return await account.documents("access_log")


async def read_events(call: Functions, **more: str) -> Reply:
    return await call("get_order_events", headers=headers(**more), orderId="1")


async def ask(call: Functions, operation: Operation) -> Reply:
    """Any operation, with what its path and body must have."""
    route = operation.route
    body = BODIES.get(route.name)
    return await call(route.name, body, headers=headers(), method=route.method, **PATH)


async def test_a_read_of_events_says_who_what_when_from_where_and_why(
    account: Account, application: Application
) -> None:
    why = {"x-purpose": "ticket 4711", "x-correlation-id": "c-1"}
    assert (await read_events(Functions(application), **why)).status == 200
    (entry,) = await recorded(account)
    at = entry.pop("at")
    (event,) = await account.stream("order-1")
    assert at >= event["timestamp"]
    assert {name: value for name, value in entry.items() if name != "id" and name[0] != "_"} == {
        "aggregateId": "order-1",
        "operation": "get_order_events",
        "correlationId": "c-1",
        "userId": "eve",
        "ipAddress": "203.0.113.9",
        "purpose": "ticket 4711",
    }


@pytest.mark.parametrize("query", PAST)
async def test_the_past_is_on_record_and_what_is_now_is_not(
    account: Account, application: Application, query: dict[str, str]
) -> None:
    call = Functions(application)
    for name, path, stream in (
        ("get_order", {"orderId": "1"}, "order-1"),
        ("get_product", {"productId": "p"}, "product-p"),
    ):
        before = len(await recorded(account))
        for now in ({}, {"minVersion": "1"}):
            await call(name, headers=headers(), query=now, **path)
        assert len(await recorded(account)) == before
        assert (await call(name, headers=headers(), query=query, **path)).status == 200
        assert [entry["aggregateId"] for entry in await recorded(account)].count(stream) == 1


@pytest.mark.parametrize("operation", OPERATING, ids=lambda operation: operation.route.name)
async def test_every_operation_is_on_record(
    account: Account, application: Application, operation: Operation
) -> None:
    answer = await ask(Functions(application), operation)
    assert answer.status in (200, 202, 404, 409)
    (entry,) = await recorded(account)
    assert (entry["aggregateId"], entry["operation"]) == ("operations", operation.route.name)


@pytest.mark.parametrize("operation", OPERATING, ids=lambda operation: operation.route.name)
async def test_what_cannot_be_put_on_record_is_not_done(
    account: Account, application: Application, operation: Operation
) -> None:
    before = await everything(account)
    account.cosmos.faults.throttle(On(container="access_log"), times=None)
    assert (await ask(Functions(application), operation)).status == 503
    account.cosmos.faults.clear()
    assert await everything(account) == before


async def everything(account: Account) -> list[Any]:
    containers = ("projection_state", "subject_keys", "deadletters", "access_log", "events")
    stored = [await account.documents(container) for container in containers]
    return [*stored, [name async for name in account.blobs.names("")]]


@pytest.mark.parametrize("query", [None, *PAST])
async def test_nor_is_a_read_answered_that_cannot_be_put_on_record(
    account: Account, application: Application, query: dict[str, str] | None
) -> None:
    account.cosmos.faults.throttle(On(container="access_log"), times=None)
    name = "get_order_events" if query is None else "get_order"
    reply = await Functions(application)(name, headers=headers(), query=query, orderId="1")
    assert reply.status == 503
    assert MARK not in str(reply.body)


async def test_a_read_whose_record_lost_its_answer_is_refused(
    account: Account, application: Application
) -> None:
    """It may be on record, which does no harm: nobody saw anything."""
    account.cosmos.faults.drop_after(On(container="access_log"), times=None)
    assert (await read_events(Functions(application))).status == 503
    account.cosmos.faults.clear()
    assert (await read_events(Functions(application))).status == 200


async def test_what_is_refused_for_other_reasons_was_not_seen(
    account: Account, application: Application
) -> None:
    call = Functions(application)
    assert (
        await call("get_order_events", headers=headers("Orders.Manage"), orderId="1")
    ).status == 403
    assert (await call("get_order_events", orderId="1")).status == 401
    assert (await read_events(call, **{"x-purpose": "x" * 2000})).status == 400
    assert await recorded(account) == []


async def test_it_is_found_by_stream_and_by_user_the_newest_first(application: Application) -> None:
    call = Functions(application)
    for user, purpose in (("eve", "1"), ("bob", "2"), ("eve", "3")):
        await call(
            "get_order_events", headers=headers(user=user, **{"x-purpose": purpose}), orderId="1"
        )
    for query, purposes in (
        ({"aggregateId": "order-1"}, ["3", "2", "1"]),
        ({"userId": "eve", "aggregateId": "order-1"}, ["3", "1"]),
        ({"userId": "bob"}, ["2"]),
        ({"aggregateId": "order-1", "limit": "2"}, ["3", "2"]),
        ({"aggregateId": "order-none"}, []),
    ):
        found = await call("read_access_log", headers=headers(user="auditor"), query=query)
        assert [entry["purpose"] for entry in found.body["entries"]] == purposes
    everybody = await call("read_access_log", headers=headers(user="auditor"))
    assert everybody.body["entries"][0]["operation"] == "read_access_log"
    assert len(everybody.body["entries"]) == 9


async def test_with_keys_nobody_is_named_whatever_the_headers_say(account: Account) -> None:
    application = await account.instance()
    await execute(application, ORDER, "1", an_order())
    assert (await read_events(Functions(application))).status == 200
    (entry,) = await recorded(account)
    assert (entry["userId"], entry["ipAddress"]) == (None, None)


async def test_who_may_not_see_personal_data_sees_it_masked(
    account: Account, application: Application
) -> None:
    await execute(application, ORDER, "1", CancelOrder(reason="r"))
    call = Functions(application)
    seen = await call("get_order_events", headers=headers("Orders.Read"), orderId="1")
    assert seen.status == 200
    assert MARK not in str(seen.body)
    placed, cancelled = seen.body["events"]
    assert placed["data"]["contact"] == dict.fromkeys(placed["data"]["contact"], "[masked]")
    assert cancelled["data"]["reason"] == "r"
    whole = await call("get_order_events", headers=headers(), orderId="1")
    assert MARK in str(whole.body)
    assert len(await recorded(account)) == 2

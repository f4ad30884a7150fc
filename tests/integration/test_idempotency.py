"""A command is executed once per key and aggregate, for ever; a repeat gets the first answer."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from tests.fakes.http import signed_in
from tests.stack.calls import Functions, Reply
from tests.stack.in_process import Account
from tests.stack.streams import assert_sound

ORDER: dict[str, Any] = {
    "customerId": "cust-1",
    "items": [{"productId": "p", "quantity": 1, "price": 9.99}],
}


@pytest.fixture
async def call(account: Account) -> Functions:
    return Functions(await account.instance())


def key(text: str, **others: str) -> dict[str, str]:
    return {"idempotency-key": text, **others}


def assert_repeated(repeat: Reply, first: Reply) -> None:
    """The first answer again, marked as such, under a correlation id of its own in the header."""
    assert (repeat.status, repeat.body) == (first.status, first.body)
    assert repeat.headers["Idempotent-Replayed"] == "true"
    assert repeat.headers["ETag"] == first.headers["ETag"]
    assert repeat.headers.get("Location") == first.headers.get("Location")
    assert "Idempotent-Replayed" not in first.headers


async def test_of_24_simultaneous_repeats_over_two_instances_one_stores(
    account: Account, call: Functions
) -> None:
    other = Functions(await account.instance())
    body = {**ORDER, "orderId": "o"}
    replies = await asyncio.gather(
        *((call, other)[n % 2]("place_order", body, key("k")) for n in range(24))
    )
    assert {reply.status for reply in replies} == {201}
    assert all(reply.body == replies[0].body for reply in replies)
    replayed = Counter(reply.headers.get("Idempotent-Replayed") for reply in replies)
    assert replayed == {"true": 23, None: 1}
    stream = await account.stream("order-o")
    assert_sound(stream)
    assert len(stream) == 1


async def test_of_24_simultaneous_repeats_on_a_warm_product_one_stores(
    account: Account, call: Functions
) -> None:
    other = Functions(await account.instance())
    for one in (call, other):
        await one("receive_product", {"quantity": 5}, productId="p")
    replies = await asyncio.gather(
        *(
            (call, other)[n % 2](
                "reserve_product", {"orderId": "o", "quantity": 1}, key("k"), productId="p"
            )
            for n in range(24)
        )
    )
    assert {reply.status for reply in replies} == {200}
    assert all(reply.body == replies[0].body for reply in replies)
    stream = await account.stream("product-p")
    assert_sound(stream)
    assert len(stream) == 3


async def test_a_repeat_after_the_aggregate_moved_on_gets_the_first_answer(
    call: Functions,
) -> None:
    first = await call("place_order", {**ORDER, "orderId": "o"}, key("k1"))
    shipped = await call("ship_order", {"trackingNumber": "t"}, key("k2"), orderId="o")
    await call("deliver_order", {}, orderId="o")
    repeat = await call("place_order", {**ORDER, "orderId": "o"}, key("k1"))
    assert_repeated(repeat, first)
    assert repeat.body["status"] == "placed"
    repeat = await call("ship_order", {"trackingNumber": "t"}, key("k2"), orderId="o")
    assert_repeated(repeat, shipped)
    assert repeat.body["status"] == "shipped"


async def test_a_repeat_behind_a_snapshot_gets_the_first_answer(account: Account) -> None:
    application = await account.instance(SNAPSHOT_INTERVALS="Product=2")
    call = Functions(application)
    first = await call("receive_product", {"quantity": 7}, key("k"), productId="p")
    for _ in range(5):
        await call("receive_product", {"quantity": 1}, productId="p")
    await application.snapshotter.settled()
    again = Functions(await account.instance())
    repeat = await again("receive_product", {"quantity": 7}, key("k"), productId="p")
    assert_repeated(repeat, first)
    assert (first.status, repeat.body["onHand"]) == (201, 7)


async def test_a_repeat_after_a_restart_gets_the_first_answer(
    account: Account, call: Functions
) -> None:
    first = await call("place_order", {**ORDER, "orderId": "o"}, key("k"))
    restarted = Functions(await account.instance())
    assert_repeated(await restarted("place_order", {**ORDER, "orderId": "o"}, key("k")), first)


async def test_without_an_order_id_a_repeat_finds_the_order_that_it_made(
    account: Account, call: Functions
) -> None:
    first = await call("place_order", ORDER, key("k"))
    assert_repeated(await call("place_order", ORDER, key("k")), first)
    restarted = Functions(await account.instance())
    assert_repeated(await restarted("place_order", ORDER, key("k")), first)
    another = await call("place_order", ORDER, key("k2"))
    assert another.body["orderId"] != first.body["orderId"]
    keyless = [await call("place_order", ORDER) for _ in range(2)]
    assert keyless[0].body["orderId"] != keyless[1].body["orderId"]


async def test_the_derived_order_id_is_the_users_own(account: Account) -> None:
    call = Functions(await account.instance(HTTP_AUTH="platform"))
    ada, eve = (signed_in(name, "Orders.Manage") for name in ("ada", "eve"))
    first = await call("place_order", ORDER, key("k", **ada))
    other = await call("place_order", ORDER, key("k", **eve))
    assert first.body["orderId"] != other.body["orderId"]
    assert_repeated(await call("place_order", ORDER, key("k", **ada)), first)


async def test_a_repeat_is_answered_before_its_if_match_is_judged(call: Functions) -> None:
    await call("place_order", {**ORDER, "orderId": "o"})
    if_match = {"if-match": '"1"'}
    first = await call("ship_order", {"trackingNumber": "t"}, key("k", **if_match), orderId="o")
    assert first.status == 200
    repeat = await call("ship_order", {"trackingNumber": "t"}, key("k", **if_match), orderId="o")
    assert_repeated(repeat, first)
    other = await call("deliver_order", {}, key("k2", **if_match), orderId="o")
    assert (other.status, other.body["currentVersion"]) == (412, 2)


@pytest.mark.parametrize("change", [{"customerId": "cust-2"}, {"currency": "EUR"}])
async def test_a_key_with_another_payload_is_refused(
    call: Functions, change: dict[str, str]
) -> None:
    await call("place_order", {**ORDER, "orderId": "o"}, key("k"))
    reply = await call("place_order", {**ORDER, "orderId": "o", **change}, key("k"))
    assert (reply.status, reply.body["type"]) == (422, "/problems/idempotency-key-reused")


async def test_a_key_with_another_command_is_refused(account: Account, call: Functions) -> None:
    await call("receive_product", {"quantity": 1}, productId="p")
    await call("reserve_product", {"orderId": "o", "quantity": 1}, key("k"), productId="p")
    for verb in ("release", "ship"):
        reply = await call(f"{verb}_product", {"orderId": "o"}, key("k"), productId="p")
        assert (reply.status, reply.body["type"]) == (422, "/problems/idempotency-key-reused")
    assert len(await account.stream("product-p")) == 2


async def test_keys_are_scoped_to_one_aggregate(call: Functions) -> None:
    for order in ("o1", "o2"):
        reply = await call("place_order", {**ORDER, "orderId": order}, key("k"))
        assert (reply.status, reply.headers.get("Idempotent-Replayed")) == (201, None)


async def test_sensitive_fields_make_no_other_command_of_it(call: Functions) -> None:
    body = {**ORDER, "orderId": "o", "payment": {"creditCard": "4111"}, "contact": {"name": "A"}}
    first = await call("place_order", body, key("k"))
    other = {**body, "payment": {"creditCard": "4222"}, "shippingAddress": "elsewhere"}
    assert_repeated(await call("place_order", {**other, "contact": {"name": "B"}}, key("k")), first)


async def test_a_refused_command_is_decided_again(call: Functions) -> None:
    refused = await call("ship_order", {"trackingNumber": "t"}, key("k"), orderId="o")
    assert refused.status == 404
    await call("place_order", {**ORDER, "orderId": "o"})
    shipped = await call("ship_order", {"trackingNumber": "t"}, key("k"), orderId="o")
    assert (shipped.status, shipped.headers.get("Idempotent-Replayed")) == (200, None)


async def test_the_first_correlation_id_is_in_the_body_the_repeats_own_in_the_header(
    call: Functions,
) -> None:
    body = {**ORDER, "orderId": "o"}
    first = await call("place_order", body, key("k", **{"x-correlation-id": "first"}))
    repeat = await call("place_order", body, key("k", **{"x-correlation-id": "second"}))
    assert_repeated(repeat, first)
    assert repeat.body["correlationId"] == "first"
    assert repeat.headers["X-Correlation-ID"] == "second"


async def test_event_ids_follow_from_the_key(account: Account, call: Functions) -> None:
    await call("place_order", {**ORDER, "orderId": "o"}, key("k"))
    (event,) = await account.stream("order-o")
    assert (event["commandKey"], event["metadata"]["causationId"]) == ("k:0", "k")
    await call("place_order", {**ORDER, "orderId": "o2"}, key("k"))
    (other,) = await account.stream("order-o2")
    assert event["eventId"] != other["eventId"]

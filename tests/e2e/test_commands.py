"""Commands over HTTP: every status, header and problem type of the contract."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from tests.stack.client import Client, an_order

type NewId = Callable[[], str]

SHIP: Final = {"trackingNumber": "t"}
TO: Final[dict[str, list[tuple[str, dict[str, Any]]]]] = {
    "none": [],
    "placed": [("", {})],
    "shipped": [("", {}), ("/ship", SHIP)],
    "delivered": [("", {}), ("/ship", SHIP), ("/deliver", {})],
    "cancelled": [("", {}), ("/cancel", {"reason": "r"})],
}
BODIES: Final = {"ship": SHIP, "deliver": {}, "cancel": {"reason": "r"}}

TABLE: Final = {
    "place": [201, *["order-already-placed"] * 4],
    "ship": [404, 200, "order-already-shipped", "order-already-delivered", "order-cancelled"],
    "deliver": [404, "order-not-shipped", 200, "order-already-delivered", "order-cancelled"],
    "cancel": [
        404,
        200,
        "order-already-shipped",
        "order-already-delivered",
        "order-already-cancelled",
    ],
}
"""What a command gets in each state, in the order of TO: a status, or the code of a 409."""

CASES: Final = [
    (verb, state, expected)
    for verb, row in TABLE.items()
    for state, expected in zip(TO, row, strict=True)
]


async def bring(client: Client, order: str, state: str) -> None:
    for verb, body in TO[state]:
        path = f"/orders/{order}{verb}" if verb else "/orders"
        await client.post(path, body if verb else an_order(orderId=order))


@pytest.mark.parametrize(("verb", "state", "expected"), CASES)
async def test_each_command_in_each_state(
    client: Client, new_id: NewId, verb: str, state: str, expected: int | str
) -> None:
    order = new_id()
    await bring(client, order, state)
    if verb == "place":
        reply = await client.post("/orders", an_order(orderId=order))
    else:
        reply = await client.post(f"/orders/{order}/{verb}", BODIES[verb])
    if isinstance(expected, str):
        assert (reply.status, reply.problem, reply.body["code"]) == (
            409,
            "rule-violation",
            expected,
        )
    elif expected == 404:
        assert (reply.status, reply.problem) == (404, "not-found")
    else:
        assert reply.status == expected
        assert reply.headers["ETag"] == f'"{len(TO[state]) + 1}"'


@pytest.mark.parametrize(
    ("verb", "body", "code"),
    [
        ("reserve", {"orderId": "o", "quantity": 2}, "insufficient-stock"),
        ("reserve", {"orderId": "held", "quantity": 1}, "already-reserved"),
        ("release", {"orderId": "o"}, "no-such-reservation"),
        ("ship", {"orderId": "o"}, "no-such-reservation"),
    ],
)
async def test_rules_of_products(
    client: Client, new_id: NewId, verb: str, body: dict[str, Any], code: str
) -> None:
    product = new_id()
    await client.post(f"/products/{product}/receive", {"quantity": 2})
    await client.post(f"/products/{product}/reserve", {"orderId": "held", "quantity": 1})
    reply = await client.post(f"/products/{product}/{verb}", body)
    assert (reply.status, reply.problem, reply.body["code"]) == (409, "rule-violation", code)


@pytest.mark.parametrize("verb", ["reserve", "release", "ship"])
async def test_a_product_that_never_was_received_is_not_there(
    client: Client, new_id: NewId, verb: str
) -> None:
    body = {"orderId": "o", "quantity": 1} if verb == "reserve" else {"orderId": "o"}
    reply = await client.post(f"/products/{new_id()}/{verb}", body)
    assert (reply.status, reply.problem) == (404, "not-found")


async def test_an_order_and_a_product_of_one_id_never_meet(client: Client, new_id: NewId) -> None:
    one = new_id()
    assert (await client.post("/orders", an_order(orderId=one))).status == 201
    assert (await client.post(f"/products/{one}/receive", {"quantity": 1})).status == 201


async def test_an_order_without_an_id_gets_one(client: Client) -> None:
    placed = await client.post("/orders", an_order())
    order = placed.body["orderId"]
    assert (placed.status, placed.headers["Location"]) == (201, f"/api/orders/{order}")
    assert (await client.get(f"/orders/{order}?minVersion=1")).status == 200


async def test_if_match_lets_a_command_pass_on_the_version_that_it_names(
    client: Client, new_id: NewId
) -> None:
    order = new_id()
    placed = await client.post("/orders", an_order(orderId=order))
    refused = await client.post(f"/orders/{order}/ship", SHIP, If_Match='"2"')
    assert (refused.status, refused.problem) == (412, "version-mismatch")
    assert refused.body["currentVersion"] == 1
    shipped = await client.post(f"/orders/{order}/ship", SHIP, If_Match=placed.headers["ETag"])
    assert shipped.status == 200
    late = await client.post(f"/orders/{order}/deliver", {}, If_Match='"1"')
    assert (late.status, late.body["currentVersion"]) == (412, 2)


async def test_a_repeat_gets_the_first_answer_whatever_happened_since(
    client: Client, new_id: NewId
) -> None:
    order, key = new_id(), new_id()
    headers = {"Idempotency_Key": key, "X_Correlation_ID": "first"}
    first = await client.post("/orders", an_order(orderId=order), **headers)
    await client.post(f"/orders/{order}/cancel", {"reason": "r"})
    repeat = await client.post(
        "/orders", an_order(orderId=order), Idempotency_Key=key, X_Correlation_ID="second"
    )
    assert (repeat.status, repeat.content) == (201, first.content)
    assert repeat.body["commandId"] == key
    for name in ("ETag", "Location"):
        assert repeat.headers[name] == first.headers[name]
    assert repeat.headers["Idempotent-Replayed"] == "true"
    assert repeat.headers["X-Correlation-ID"] == "second"


async def test_a_repeat_without_an_order_id_finds_its_order(client: Client, new_id: NewId) -> None:
    key = new_id()
    replies = [await client.post("/orders", an_order(), Idempotency_Key=key) for _ in range(3)]
    assert len({reply.content for reply in replies}) == 1
    assert [reply.status for reply in replies] == [201] * 3


async def test_a_repeat_with_an_if_match_that_no_longer_holds_is_a_repeat(
    client: Client, new_id: NewId
) -> None:
    order, key = new_id(), new_id()
    await client.post("/orders", an_order(orderId=order))
    headers = {"Idempotency_Key": key, "If_Match": '"1"'}
    first, repeat = [await client.post(f"/orders/{order}/ship", SHIP, **headers) for _ in range(2)]
    assert (first.status, repeat.status, repeat.content) == (200, 200, first.content)


async def test_a_key_for_another_payload_is_422(client: Client, new_id: NewId) -> None:
    order, key = new_id(), new_id()
    await client.post("/orders", an_order(orderId=order), Idempotency_Key=key)
    other = an_order(orderId=order, customerId="cust-2")
    reply = await client.post("/orders", other, Idempotency_Key=key)
    assert (reply.status, reply.problem) == (422, "idempotency-key-reused")


async def test_a_trace_and_a_correlation_id_reach_the_event(client: Client, new_id: NewId) -> None:
    order = new_id()
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    headers = {"traceparent": trace, "X_Correlation_ID": "c-1", "Idempotency_Key": "k-1"}
    await client.post("/orders", an_order(orderId=order), **headers)
    (event,) = (await client.get(f"/orders/{order}/events")).body["events"]
    metadata = event["metadata"]
    assert metadata["traceparent"] == trace
    assert (metadata["correlationId"], metadata["causationId"]) == ("c-1", "k-1")


async def test_nobody_passes_for_a_user_where_the_platform_vouches_for_none(
    client: Client, new_id: NewId
) -> None:
    order = new_id()
    forged = {"X-MS-CLIENT-PRINCIPAL-ID": "admin", "X-Forwarded-For": "203.0.113.7"}
    await client.post("/orders", an_order(orderId=order), **forged)
    (event,) = (await client.get(f"/orders/{order}/events")).body["events"]
    assert (event["userId"], event["metadata"]["ipAddress"]) == (None, None)

"""Garbage of every kind gets a problem document that says what is wrong, and never a 500."""

import json
from collections.abc import AsyncIterator, Callable
from io import BytesIO
from typing import Any, Final

import pytest

from tests.integration.local.functions_host.calls import call
from tests.stack.client import Client, an_order
from tests.stack.local_azure import LocalAzure

type NewId = Callable[[], str]

JSON: Final = {"Content-Type": "application/json"}
GOOD: Final = json.dumps(an_order()).encode()

MALFORMED: Final = {
    "nothing": b"",
    "cut off": GOOD[:-10],
    "cut off within a text": GOOD[:20],
    "two documents": GOOD * 2,
    "50,000 brackets": b"[" * 50_000,
    "50,000 brackets closed": b"[" * 50_000 + b"]" * 50_000,
    "40,000 braces": b'{"a":' * 40_000 + b"1" + b"}" * 40_000,
    "NaN": GOOD.replace(b"12.5", b"NaN"),
    "Infinity": GOOD.replace(b"12.5", b"-Infinity"),
    "beyond every double": GOOD.replace(b"12.5", b"1e999"),
    "a number of 5,000 digits": GOOD.replace(b"12.5", b"9" * 5_000),
    "an exponent of many digits": GOOD.replace(b"12.5", b"1e" + b"9" * 100),
    "invalid UTF-8": GOOD.replace(b"cust-1", b"\xff\xfe"),
    "an overlong encoding": GOOD.replace(b"cust-1", b"\xc0\xaf"),
    "half a surrogate pair": GOOD.replace(b"cust-1", b"\\ud800"),
    "UTF-16": GOOD.decode().encode("utf-16"),
    "a zero byte": GOOD.replace(b"cust-1", b"\x00"),
    "a control character": GOOD.replace(b"cust-1", b"\x07"),
    "a comment": b"/* hello */" + GOOD,
    "single quotes": GOOD.replace(b'"', b"'"),
    "XML": b"<order/>",
}

WRONG: Final[dict[str, tuple[Any, str]]] = {
    "null": (None, ""),
    "a text": ("order", ""),
    "a list": ([an_order()], ""),
    "a boolean for a quantity": (
        an_order(items=[{"productId": "p", "quantity": True, "price": 1}]),
        "/items/0/quantity",
    ),
    "a boolean for a price": (
        an_order(items=[{"productId": "p", "quantity": 1, "price": True}]),
        "/items/0/price",
    ),
    "a text for a price": (
        an_order(items=[{"productId": "p", "quantity": 1, "price": "1"}]),
        "/items/0/price",
    ),
    "half a piece": (
        an_order(items=[{"productId": "p", "quantity": 1.5, "price": 1}]),
        "/items/0/quantity",
    ),
    "three decimals": (
        an_order(items=[{"productId": "p", "quantity": 1, "price": 0.001}]),
        "/items/0/price",
    ),
    "a negative price": (
        an_order(items=[{"productId": "p", "quantity": 1, "price": -1}]),
        "/items/0/price",
    ),
    "no items": (an_order(items=[]), "/items"),
    "201 items": (an_order(items=an_order()["items"] * 201), "/items"),
    "too large a total": (
        an_order(items=[{"productId": "p", "quantity": 1_000_000, "price": 1_000_000}] * 20),
        "/items",
    ),
    "an unknown field": (an_order(admin=True), "/admin"),
    "a dot for an id": (an_order(orderId="."), "/orderId"),
    "two dots for an id": (an_order(orderId=".."), "/orderId"),
    "a slash in an id": (an_order(orderId="a/b"), "/orderId"),
    "a line break behind an id": (an_order(orderId="a\n"), "/orderId"),
    "an id of 65 characters": (an_order(orderId="a" * 65), "/orderId"),
    "an empty id": (an_order(orderId=""), "/orderId"),
    "an unknown currency": (an_order(currency="XXX"), "/currency"),
    "a missing field": ({"items": an_order()["items"]}, "/customerId"),
}


@pytest.mark.parametrize("kind", MALFORMED)
async def test_a_body_that_is_no_json_is_400(client: Client, kind: str) -> None:
    reply = await client.send("POST", "/orders", MALFORMED[kind], JSON)
    assert (reply.status, reply.problem) == (400, "invalid-request")
    assert reply.body["errors"][0]["detail"]


@pytest.mark.parametrize("kind", WRONG)
async def test_a_body_that_is_no_order_is_400_and_says_where(client: Client, kind: str) -> None:
    body, pointer = WRONG[kind]
    reply = await client.post("/orders", body)
    assert (reply.status, reply.problem) == (400, "invalid-request")
    assert pointer in [error["pointer"] for error in reply.body["errors"]]


async def test_every_fault_of_a_body_is_named_at_once(client: Client) -> None:
    items = [{"productId": "p", "quantity": 0, "price": 1}, {"quantity": 1, "price": -1}]
    reply = await client.post("/orders", {"orderId": "..", "items": items, "other": 1})
    assert {error["pointer"] for error in reply.body["errors"]} == {
        "/orderId",
        "/customerId",
        "/items/0/quantity",
        "/items/1/productId",
        "/items/1/price",
        "/other",
    }


@pytest.mark.parametrize("size", [256 * 1024 + 1, 10 * 1024 * 1024])
async def test_a_body_over_the_limit_is_413(client: Client, size: int) -> None:
    body = BytesIO(GOOD + b" " * (size - len(GOOD)))
    reply = await client.send("POST", "/orders", body, JSON)
    assert (reply.status, reply.problem) == (413, "too-large")


def compact(order: str, address: dict[str, str]) -> str:
    body = an_order(orderId=order, shippingAddress=address)
    return json.dumps(body, separators=(",", ":"))


def large_order(order: str, size: int) -> bytes:
    """A placing of exactly so many bytes, by a shipping address of many lines."""
    lines: dict[str, str] = {}
    while (missing := size - len(compact(order, lines))) > 512:
        lines[f"{len(lines):03}"] = "x" * 400
    lines["z"] = "x" * (missing - len(',"z":""'))
    body = compact(order, lines)
    assert len(body) == size
    return body.encode()


async def test_an_event_over_the_limit_is_413_and_not_stored(client: Client, new_id: NewId) -> None:
    """The body is within the limit; its envelope makes the event too large to carry."""
    order = new_id()
    body = large_order(order, 256 * 1024)
    reply = await client.send("POST", "/orders", body, JSON)
    assert (reply.status, reply.problem) == (413, "too-large")
    assert "OrderPlaced takes" in reply.body["detail"]
    assert (await client.get(f"/orders/{order}/events")).status == 404


async def test_an_event_that_is_nearly_as_large_arrives(client: Client, new_id: NewId) -> None:
    """Sealed, the address takes a third more."""
    order = new_id()
    reply = await client.send("POST", "/orders", large_order(order, 190 * 1024), JSON)
    assert reply.status == 201
    assert (await client.read_model(f"/orders/{order}", 1)).status == 200


async def test_a_chunked_body_is_411(client: Client) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield GOOD

    reply = await client.send("POST", "/orders", chunks(), JSON)
    assert (reply.status, reply.problem) == (411, "length-required")


@pytest.mark.parametrize(
    "media_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/json", "json"],
)
async def test_another_media_type_is_415(client: Client, media_type: str) -> None:
    reply = await client.send("POST", "/orders", GOOD, {"Content-Type": media_type})
    assert (reply.status, reply.problem) == (415, "unsupported-media-type")


async def test_no_media_type_is_415(client: Client) -> None:
    reply = await client.send("POST", "/orders", GOOD)
    assert (reply.status, reply.problem) == (415, "unsupported-media-type")


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "Application/JSON"])
async def test_json_by_another_spelling_is_json(client: Client, media_type: str) -> None:
    reply = await client.send("POST", "/orders", GOOD, {"Content-Type": media_type})
    assert reply.status == 201


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("If-Match", "1"),
        ("If-Match", '"x"'),
        ("If-Match", 'W/"1"'),
        ("If-Match", "*"),
        ("If-Match", '"1", "2"'),
        ("If-Match", '"-1"'),
        ("Idempotency-Key", "two words"),
        ("Idempotency-Key", "k" * 129),
        ("X-Correlation-ID", "two words"),
        ("X-Correlation-ID", "c" * 129),
    ],
)
async def test_a_header_that_is_not_right_is_400(client: Client, name: str, value: str) -> None:
    reply = await client.post("/orders", an_order(), **{name: value})
    assert (reply.status, reply.problem) == (400, "invalid-request")
    assert [error["pointer"] for error in reply.body["errors"]] == [f"/{name}"]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("?version=0", "/version"),
        ("?version=-1", "/version"),
        ("?version=1.0", "/version"),
        ("?version=%D9%A1", "/version"),
        ("?version=" + "9" * 400, "/version"),
        ("?minVersion=x", "/minVersion"),
        ("?asOf=yesterday", "/asOf"),
        ("?asOf=2026-11-01", "/asOf"),
        ("?asOf=2026-11-01T10:00:00", "/asOf"),
        ("?asOf=2026-02-30T10:00:00Z", "/asOf"),
        ("?asOf=0001-01-01T00:00:00%2B14:00", "/asOf"),
        ("?version=1&asOf=2026-11-01T10:00:00Z", "/asOf"),
        ("?minVersion=1&version=1", "/minVersion"),
        ("?what=1", "/what"),
        ("/events?fromVersion=0", "/fromVersion"),
        ("/events?limit=1001", "/limit"),
        ("/events?limit=0", "/limit"),
    ],
)
async def test_a_parameter_that_is_not_right_is_400(
    client: Client, query: str, pointer: str
) -> None:
    reply = await client.get(f"/orders/o{query}")
    assert (reply.status, reply.problem) == (400, "invalid-request")
    assert pointer in [error["pointer"] for error in reply.body["errors"]]


@pytest.mark.parametrize(
    "target",
    [
        "/api/orders/-a/ship",
        "/api/orders/a%20b/ship",
        "/api/orders/%C3%A9/ship",
        "/api/orders/a%2Fb/ship",
        "/api/orders/a%252Fb/ship",
        f"/api/orders/{'a' * 65}/ship",
        "/api/products/%FF/receive",
    ],
)
async def test_an_id_in_the_path_that_can_be_none_is_400(
    local_azure: LocalAzure, target: str
) -> None:
    reply = await call(local_azure.http_port, "POST", target, JSON, b'{"trackingNumber": "t"}')
    assert reply.status == 400
    assert reply.json()["type"] == "/problems/invalid-request"


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("POST", "/api/orders/./ship"),
        ("POST", "/api/orders/../ship"),
        ("POST", "/api/orders/%2e%2e/ship"),
        ("GET", "/api/orders/.."),
        ("GET", "/api/nothing"),
        ("GET", "/api/orders/o/ship"),
        ("PUT", "/api/orders/o"),
        ("DELETE", "/api/orders/o"),
        ("OPTIONS", "/api/orders"),
        ("POST", "/api/orders//ship"),
    ],
)
async def test_what_is_no_route_is_the_hosts_own_404(
    local_azure: LocalAzure, method: str, target: str
) -> None:
    body = b'{"trackingNumber": "t"}' if method == "POST" else b""
    reply = await call(local_azure.http_port, method, target, JSON, body)
    assert (reply.status, reply.body) == (404, b"")


async def test_the_host_lives_on_after_all_of_this(client: Client, new_id: NewId) -> None:
    assert (await client.post("/orders", an_order(orderId=new_id()))).status == 201

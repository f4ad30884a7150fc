"""From POST to read model, as a newcomer goes."""

import asyncio
from collections import Counter
from collections.abc import Callable

import pytest

from tests.stack.client import Client, an_order

type NewId = Callable[[], str]


async def test_an_order_goes_from_post_to_its_read_model(client: Client, new_id: NewId) -> None:
    order = new_id()
    placed = await client.post("/orders", an_order(orderId=order), X_Correlation_ID="tour")
    assert placed.status == 201
    assert placed.headers["Location"] == f"/api/orders/{order}"
    assert placed.headers["ETag"] == '"1"'
    assert placed.headers["X-Correlation-ID"] == "tour"
    assert placed.headers["Content-Type"] == "application/json"
    (event,) = placed.body["events"]
    assert placed.body == {
        "orderId": order,
        "status": "placed",
        "version": 1,
        "events": [event],
        "correlationId": "tour",
        "commandId": placed.body["commandId"],
    }
    assert event.keys() == {"eventId", "eventType", "version", "timestamp"}

    shipped = await client.post(f"/orders/{order}/ship", {"trackingNumber": "1Z", "carrier": "UPS"})
    assert (shipped.status, shipped.headers["ETag"]) == (200, '"2"')
    delivered = await client.post(f"/orders/{order}/deliver", {})
    assert (delivered.status, delivered.body["status"]) == (200, "delivered")

    read = await client.read_model(f"/orders/{order}", 3)
    assert (read.headers["ETag"], read.headers["X-Read-Source"]) == ('"3"', "read-model")
    assert read.body == {
        "orderId": order,
        "customerId": "cust-1",
        "status": "delivered",
        "items": [{"productId": "prod-1", "quantity": 2, "price": 12.5}],
        "totalAmount": 25,
        "currency": "USD",
        "placedAt": event["timestamp"],
        "shippedAt": shipped.body["events"][0]["timestamp"],
        "deliveredAt": delivered.body["events"][0]["timestamp"],
        "trackingNumber": "1Z",
        "carrier": "UPS",
        "version": 3,
    }


async def test_a_product_goes_through_the_whole_of_its_life(client: Client, new_id: NewId) -> None:
    product = new_id()
    path = f"/products/{product}"
    received = await client.post(f"{path}/receive", {"quantity": 10})
    assert (received.status, received.headers["Location"]) == (201, f"/api{path}")
    again = await client.post(f"{path}/receive", {"quantity": 5})
    assert (again.status, again.headers.get("Location")) == (200, None)
    steps = [
        ("reserve", {"orderId": "a", "quantity": 15}, (15, 15, 0, "out_of_stock")),
        ("release", {"orderId": "a"}, (15, 0, 15, "in_stock")),
        ("reserve", {"orderId": "b", "quantity": 4}, (15, 4, 11, "in_stock")),
        ("ship", {"orderId": "b"}, (11, 0, 11, "in_stock")),
    ]
    for verb, body, (on_hand, reserved, available, status) in steps:
        reply = await client.post(f"{path}/{verb}", body)
        figures = ("onHand", "reserved", "available", "status")
        assert reply.status == 200
        assert tuple(reply.body[name] for name in figures) == (
            on_hand,
            reserved,
            available,
            status,
        )
    read = await client.read_model(path, 6)
    assert read.body == {
        "productId": product,
        "onHand": 11,
        "reserved": 0,
        "available": 11,
        "version": 6,
    }


async def test_what_a_caller_wrote_can_be_read_at_once(client: Client, new_id: NewId) -> None:
    for _ in range(10):
        order = new_id()
        await client.post("/orders", an_order(orderId=order))
        read = await client.get(f"/orders/{order}?minVersion=1")
        assert (read.status, read.body["status"]) == (200, "placed")
        await client.post(f"/orders/{order}/cancel", {"reason": "changed my mind"})
        read = await client.get(f"/orders/{order}?minVersion=2")
        assert (read.body["status"], read.body["cancelReason"]) == ("cancelled", "changed my mind")
        assert read.headers["X-Read-Source"] in ("event-log", "read-model")


async def test_of_sixteen_clients_placing_one_order_one_succeeds(
    client: Client, new_id: NewId
) -> None:
    order = new_id()
    replies = await asyncio.gather(
        *(client.post("/orders", an_order(orderId=order)) for _ in range(16))
    )
    assert Counter(reply.status for reply in replies) == {201: 1, 409: 15}
    refused = [reply for reply in replies if reply.status == 409]
    assert {reply.problem for reply in refused} == {"rule-violation"}
    assert {reply.body["code"] for reply in refused} == {"order-already-placed"}
    history = await client.get(f"/orders/{order}/events")
    assert len(history.body["events"]) == 1


async def test_of_sixteen_clients_shipping_and_cancelling_one_succeeds(
    client: Client, new_id: NewId
) -> None:
    order = new_id()
    await client.post("/orders", an_order(orderId=order))
    ship, cancel = {"trackingNumber": "t"}, {"reason": "r"}
    replies = await asyncio.gather(
        *(
            client.post(f"/orders/{order}/{verb}", body)
            for verb, body in [("ship", ship), ("cancel", cancel)] * 8
        )
    )
    assert Counter(reply.status for reply in replies) == {200: 1, 409: 15}
    history = await client.get(f"/orders/{order}/events")
    assert len(history.body["events"]) == 2


async def test_24_simultaneous_repeats_get_one_answer(client: Client, new_id: NewId) -> None:
    order, key = new_id(), new_id()
    replies = await asyncio.gather(
        *(client.post("/orders", an_order(orderId=order), Idempotency_Key=key) for _ in range(24))
    )
    assert {reply.status for reply in replies} == {201}
    assert len({reply.content for reply in replies}) == 1
    replayed = [reply.headers.get("Idempotent-Replayed") for reply in replies]
    assert sorted(map(str, replayed)) == ["None", *["true"] * 23]


@pytest.mark.parametrize("path", ["/orders", "/orders/{}/ship", "/orders/{}"])
async def test_every_answer_has_a_correlation_id(client: Client, new_id: NewId, path: str) -> None:
    reply = await client.send("POST" if path != "/orders/{}" else "GET", path.format(new_id()))
    assert len(reply.headers["X-Correlation-ID"]) == 36


async def test_health_names_what_the_application_depends_on(client: Client) -> None:
    health = await client.get("/health")
    assert health.status == 200
    assert health.body["status"] == "up"
    assert health.body["dependencies"] == {"cosmos": "up", "eventHubs": "up"}
    assert health.body["build"]

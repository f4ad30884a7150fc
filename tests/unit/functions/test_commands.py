"""Commands over HTTP, on the application wired over fakes."""

import logging
import uuid
from typing import Any

import azure.functions as func
import msgspec
import pytest
from hypothesis import given

from domain.order import ORDER, CancelOrder, Contact, DeliverOrder, PlaceOrder, ShipOrder
from functions.commands import command_hash
from tests.fakes.app import FakeApplication
from tests.fakes.event_store import Fault
from tests.fakes.http import json_of, request, signed_in
from tests.strategies.orders import contacts, place_orders

BODY = {"customerId": "customer-1", "items": [{"productId": "p-1", "quantity": 2, "price": 9.99}]}
ADA = {"name": "Ada Lovelace", "email": "ada@example.org"}


class Caller:
    """Sends commands to an application."""

    def __init__(self, **environment: str) -> None:
        self.application = FakeApplication(**environment)
        self.functions = self.application.functions()

    async def place(self, body: Any = None, **headers: str) -> func.HttpResponse:
        asked = request("POST", "/api/orders", body=body or BODY, headers=dashed(headers))
        response: func.HttpResponse = await self.functions["place_order"](asked)
        return response

    async def send(
        self, verb: str, identity: str, body: Any, *, kind: str = "order", **headers: str
    ) -> func.HttpResponse:
        asked = request(
            "POST",
            f"/api/{kind}s/{identity}/{verb}",
            body=body,
            headers=dashed(headers),
            route={f"{kind}Id": identity},
        )
        response: func.HttpResponse = await self.functions[f"{verb}_{kind}"](asked)
        return response


def dashed(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.fixture
def caller() -> Caller:
    return Caller()


async def test_placing_an_order_answers_201_with_all_that_the_contract_says(
    caller: Caller,
) -> None:
    response = await caller.place(
        BODY | {"orderId": "789"}, idempotency_key="k-1", x_correlation_id="c-1"
    )
    (event,) = caller.application.store.recorded("order-789")
    assert response.status_code == 201
    assert response.mimetype == "application/json"
    assert response.headers["Location"] == "/api/orders/789"
    assert response.headers["ETag"] == '"1"'
    assert response.headers["X-Correlation-ID"] == "c-1"
    assert "Idempotent-Replayed" not in response.headers
    assert json_of(response) == {
        "orderId": "789",
        "status": "placed",
        "version": 1,
        "events": [
            {
                "eventId": event.event_id,
                "eventType": "OrderPlaced",
                "version": 1,
                "timestamp": event.timestamp,
            }
        ],
        "correlationId": "c-1",
        "commandId": "k-1",
    }


async def test_a_later_command_answers_200_without_a_location(caller: Caller) -> None:
    await caller.place(BODY | {"orderId": "789"})
    response = await caller.send("ship", "789", {"trackingNumber": "1Z"})
    assert response.status_code == 200
    assert "Location" not in response.headers
    assert response.headers["ETag"] == '"2"'
    assert json_of(response)["status"] == "shipped"
    response = await caller.send("deliver", "789", {})
    assert json_of(response)["status"] == "delivered"


async def test_the_first_receipt_of_a_product_is_201_and_the_next_200(caller: Caller) -> None:
    first = await caller.send("receive", "p-1", {"quantity": 5}, kind="product")
    assert first.status_code == 201
    assert first.headers["Location"] == "/api/products/p-1"
    second = await caller.send("receive", "p-1", {"quantity": 5}, kind="product")
    assert second.status_code == 200
    body = json_of(second)
    assert {name: body[name] for name in ("status", "onHand", "reserved", "available")} == {
        "status": "in_stock",
        "onHand": 10,
        "reserved": 0,
        "available": 10,
    }


async def test_without_an_id_one_is_made_that_a_repeat_finds(caller: Caller) -> None:
    one = json_of(await caller.place(idempotency_key="k-1"))["orderId"]
    again = await caller.place(idempotency_key="k-1")
    other = json_of(await caller.place(idempotency_key="k-2"))["orderId"]
    assert uuid.UUID(one).version == 5
    assert json_of(again)["orderId"] == one
    assert again.headers["Idempotent-Replayed"] == "true"
    assert other != one


async def test_two_users_with_the_same_key_make_two_orders() -> None:
    caller = Caller(HTTP_AUTH="platform")
    made = [
        json_of(await caller.place(idempotency_key="k-1", **signed_in(user, "Orders.Manage")))
        for user in ("ada", "bob")
    ]
    assert made[0]["orderId"] != made[1]["orderId"]


async def test_without_a_key_every_request_is_a_command_of_its_own(caller: Caller) -> None:
    one, other = json_of(await caller.place()), json_of(await caller.place())
    assert one["orderId"] != other["orderId"]
    assert one["commandId"] != other["commandId"]


async def test_a_repeat_gets_the_first_answer_whatever_happened_since(caller: Caller) -> None:
    first = await caller.place(
        BODY | {"orderId": "789"}, idempotency_key="k-1", x_correlation_id="c-1"
    )
    await caller.send("cancel", "789", {"reason": "late"})
    again = await caller.place(
        BODY | {"orderId": "789"}, idempotency_key="k-1", x_correlation_id="c-2", if_match='"7"'
    )
    assert again.status_code == first.status_code == 201
    assert json_of(again) == json_of(first)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["ETag"] == '"1"'
    assert again.headers["Location"] == first.headers["Location"]


async def test_a_key_with_another_payload_is_422(caller: Caller) -> None:
    await caller.place(BODY | {"orderId": "789"}, idempotency_key="k-1")
    changed = BODY | {"orderId": "789", "currency": "EUR"}
    response = await caller.place(changed, idempotency_key="k-1")
    assert response.status_code == 422
    response = await caller.send("cancel", "789", {"reason": "x"}, idempotency_key="k-1")
    assert response.status_code == 422
    assert json_of(response)["type"] == "/problems/idempotency-key-reused"


async def test_a_version_that_the_caller_did_not_see_is_412(caller: Caller) -> None:
    await caller.place(BODY | {"orderId": "789"})
    response = await caller.send("cancel", "789", {"reason": "late"}, if_match='"2"')
    assert response.status_code == 412
    assert json_of(response)["currentVersion"] == 1
    response = await caller.send("cancel", "789", {"reason": "late"}, if_match='"1"')
    assert response.status_code == 200


async def test_the_refusals_of_the_domain_have_their_codes(caller: Caller) -> None:
    missing = await caller.send("ship", "789", {"trackingNumber": "1Z"})
    assert (missing.status_code, json_of(missing)["type"]) == (404, "/problems/not-found")
    await caller.place(BODY | {"orderId": "789"})
    twice = await caller.place(BODY | {"orderId": "789"})
    assert (twice.status_code, json_of(twice)["code"]) == (409, "order-already-placed")


async def test_a_store_that_is_away_is_503_and_nothing_is_half_done(caller: Caller) -> None:
    caller.application.store.faults.append(Fault.UNAVAILABLE)
    response = await caller.place(BODY | {"orderId": "789"})
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) >= 1
    assert caller.application.store.streams["order-789"] == []


@pytest.mark.parametrize(
    ("verb", "identity", "body", "headers", "pointer"),
    [
        ("ship", "..", {"trackingNumber": "1Z"}, {}, "/orderId"),
        ("ship", "789", {}, {}, "/trackingNumber"),
        ("ship", "789", {"trackingNumber": "1Z"}, {"idempotency_key": "a b"}, "/Idempotency-Key"),
        ("ship", "789", {"trackingNumber": "1Z"}, {"if_match": "3"}, "/If-Match"),
        ("ship", "789", {"trackingNumber": "1Z"}, {"x_correlation_id": ""}, "/X-Correlation-ID"),
        ("cancel", "789", {"reason": ""}, {}, "/reason"),
        ("deliver", "789", {"signedBy": 5}, {}, "/signedBy"),
    ],
)
async def test_a_request_that_is_not_understood_is_400_and_changes_nothing(
    caller: Caller,
    verb: str,
    identity: str,
    body: dict[str, Any],
    headers: dict[str, str],
    pointer: str,
) -> None:
    response = await caller.send(verb, identity, body, **headers)
    assert response.status_code == 400
    assert [fault["pointer"] for fault in json_of(response)["errors"]] == [pointer]
    assert caller.application.store.requests == []


async def test_the_context_of_a_command_is_stored_with_its_events() -> None:
    caller = Caller(HTTP_AUTH="platform")
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    await caller.place(
        BODY | {"orderId": "789"},
        idempotency_key="k-1",
        x_correlation_id="c-1",
        traceparent=trace,
        **signed_in("ada", "Orders.Manage"),
        x_forwarded_for="203.0.113.7:4711",
    )
    (event,) = caller.application.store.recorded("order-789")
    assert msgspec.structs.asdict(event.metadata) == {
        "correlation_id": "c-1",
        "causation_id": "k-1",
        "command_hash": event.metadata.command_hash,
        "user_id": "ada",
        "ip_address": None,
        "traceparent": trace,
    }
    opened = await caller.application.sealer.opened(
        caller.application.store.streams["order-789"][0]
    )
    assert opened["metadata"]["ipAddress"] == "203.0.113.7"


async def test_no_personal_data_reaches_the_log(
    caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    personal = {"shippingAddress": "12 St James's Square", "contact": ADA}
    caller.application.store.faults.extend([Fault.HEAD_AHEAD, Fault.LOST_AFTER])
    await caller.place(BODY | personal | {"orderId": "789"})
    await caller.place(BODY | personal | {"orderId": "789"})
    await caller.place(BODY | personal | {"orderId": "789", "tip": "Ada Lovelace"})
    caller.application.store.unreadable = RuntimeError("no cause of its own")
    failed = await caller.send("deliver", "789", {"signedBy": "Ada Lovelace"})
    await caller.send("deliver", "789", {"signedBy": "Ada Lovelace", "x": 1})
    assert failed.status_code in (409, 500)
    assert caplog.text
    for word in ("Ada", "Lovelace", "example.org", "James"):
        assert word not in caplog.text


@given(place_orders, contacts)
def test_the_hash_of_a_command_tells_nothing_of_a_person(
    command: PlaceOrder, contact: Contact
) -> None:
    if command.contact is not None:
        other = msgspec.structs.replace(command, contact=contact, shipping_address="elsewhere")
        assert command_hash(ORDER, other) == command_hash(ORDER, command)


def test_the_hash_tells_commands_and_payloads_apart() -> None:
    hashes = {
        command_hash(ORDER, command)
        for command in (
            ShipOrder(tracking_number="1"),
            ShipOrder(tracking_number="2"),
            ShipOrder(tracking_number="1", carrier="UPS"),
            CancelOrder(reason="1"),
            CancelOrder(reason="2"),
            DeliverOrder(),
        )
    }
    assert len(hashes) == 6


def test_the_hash_is_pinned() -> None:
    """A stored one is compared with those of later versions of the application."""
    assert (
        command_hash(ORDER, ShipOrder(tracking_number="1Z", carrier="UPS"))
        == "3e14e4fe4d9662c35e5f899074cef21d8129cf5ef81296c01696dc2506a53b3c"
    )

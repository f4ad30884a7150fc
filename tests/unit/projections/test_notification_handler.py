"""Events as CloudEvents: what is told, and what is not."""

import re
from datetime import datetime
from typing import Any

import msgspec
from hypothesis import given

from domain.events import Context, Event, Recorded
from domain.order import Contact, Item, OrderDelivered, OrderEvent, OrderPlaced, OrderShipped
from domain.registry import AGGREGATES
from domain.values import Money, Price
from privacy.fields import sensitive_fields
from projections.notification_handler import MEDIA_TYPE, NOTIFICATION_HANDLER, react
from projections.projection import Message
from tests.strategies.contexts import contexts
from tests.strategies.orders import events

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

CONTEXT = Context(
    correlation_id="checkout-4711",
    causation_id="the-command",
    command_hash="0" * 64,
    user_id="the-user",
    ip_address="203.0.113.7",
)


def recorded[E: Event](event: E, context: Context = CONTEXT) -> Recorded[E]:
    return Recorded(
        aggregate_id="order-789",
        version=2,
        event_id="5a1f6f0e-0d5c-5f0b-8f0a-4a1b8f2f3c11",
        timestamp="2026-11-01T12:00:00.000000Z",
        data=event,
        metadata=context,
        hash="f" * 64,
    )


async def told(event: Event, context: Context = CONTEXT) -> Message:
    """The one message that an event leads to."""
    messages: list[Message] = []

    async def post(message: Message) -> None:
        messages.append(message)

    await react(recorded(event, context), post)
    (message,) = messages
    return message


def veiled(value: Any) -> Any:
    """A value whose sensitive fields hold nothing."""
    match value:
        case msgspec.Struct():
            sensitive = sensitive_fields(type(value))
            fields = {name: getattr(value, name) for name in value.__struct_fields__}
            return type(value)(
                **{n: None if n in sensitive else veiled(v) for n, v in fields.items()}
            )
        case _:
            return value


async def test_an_event_is_told_as_a_cloud_event() -> None:
    event = OrderShipped(order_id="789", tracking_number="1Z999", carrier="UPS")
    message = await told(event)
    assert message.media_type == MEDIA_TYPE == "application/cloudevents+json"
    assert msgspec.json.decode(message.body) == {
        "specversion": "1.0",
        "id": "5a1f6f0e-0d5c-5f0b-8f0a-4a1b8f2f3c11",
        "source": "urn:azure-event-sourcing",
        "type": "OrderShipped",
        "subject": "order-789",
        "time": "2026-11-01T12:00:00.000000Z",
        "datacontenttype": "application/json",
        "version": 2,
        "schemaversion": 1,
        "correlationid": "checkout-4711",
        "data": {"orderId": "789", "trackingNumber": "1Z999", "carrier": "UPS"},
    }


async def test_money_is_a_number_and_what_has_no_value_is_absent() -> None:
    message = await told(
        OrderPlaced(
            order_id="789",
            customer_id="customer-1",
            items=(Item("lamp", 2, Price("9.99")),),
            total_amount=Money("19.98"),
            currency="EUR",
            contact=Contact(name="Ada Lovelace"),
        )
    )
    event = msgspec.json.decode(message.body)
    assert event["schemaversion"] == 2
    assert event["data"] == {
        "orderId": "789",
        "customerId": "customer-1",
        "items": [{"productId": "lamp", "quantity": 2, "price": 9.99}],
        "totalAmount": 19.98,
        "currency": "EUR",
        "contact": {},
    }


async def test_the_trace_goes_on_where_there_is_one() -> None:
    event = OrderDelivered(order_id="789")
    traced = await told(event, msgspec.structs.replace(CONTEXT, traceparent=TRACE))
    assert msgspec.json.decode(traced.body)["traceparent"] == TRACE
    assert "traceparent" not in msgspec.json.decode((await told(event)).body)


@given(events, contexts)
async def test_nothing_that_is_sensitive_has_an_influence_on_what_is_told(
    event: OrderEvent, context: Context
) -> None:
    nobody = msgspec.structs.replace(
        context, user_id=None, ip_address=None, causation_id="", command_hash=""
    )
    assert await told(event, context) == await told(veiled(event), nobody)


@given(events, contexts)
async def test_whatever_is_told_is_a_cloud_event_of_version_one(
    event: OrderEvent, context: Context
) -> None:
    message = await told(event, context)
    body = msgspec.json.decode(message.body)
    data = body.pop("data")
    assert isinstance(data, dict)
    assert all(re.fullmatch("[a-z0-9]{1,20}", name) for name in body)
    assert body["specversion"] == "1.0"
    assert body["id"] == message.id
    assert datetime.fromisoformat(body["time"]).tzinfo
    assert all(body[name] for name in ("id", "source", "type", "subject"))
    assert all(isinstance(value, str | int) for value in body.values())


async def test_an_event_that_is_told_again_is_the_same_message() -> None:
    event = OrderDelivered(order_id="789", signed_by="Ada Lovelace")
    assert await told(event) == await told(event)


def test_every_aggregate_is_told_of() -> None:
    assert NOTIFICATION_HANDLER.follows == AGGREGATES

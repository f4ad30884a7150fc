"""Orders as a reader sees them: what each event changes."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.aggregate import DomainError
from domain.events import Context, Recorded
from domain.order import (
    ORDER,
    Item,
    OrderCancelled,
    OrderCommand,
    OrderDelivered,
    OrderEvent,
    OrderPlaced,
    OrderShipped,
)
from domain.values import Money, Price, to_json
from projections.order_read_model import ORDER_READ_MODEL, OrderView
from tests.strategies.orders import commands, place_orders

CONTEXT = Context(correlation_id="c", causation_id="k", command_hash="0" * 64)
PLACED = OrderPlaced(
    order_id="789",
    customer_id="customer-1",
    items=(Item("product-1", 3, Price("19.99")),),
    total_amount=Money("59.97"),
    currency="EUR",
    shipping_address="1 High St",
)
SHIPPED = OrderShipped(order_id="789", tracking_number="1Z-42", carrier="UPS")
DELIVERED = OrderDelivered(order_id="789", signed_by="Ada Lovelace")
CANCELLED = OrderCancelled(order_id="789", reason="changed my mind")

FIRST = {
    "orderId": "789",
    "customerId": "customer-1",
    "status": "placed",
    "items": [{"productId": "product-1", "quantity": 3, "price": 19.99}],
    "totalAmount": 59.97,
    "currency": "EUR",
    "placedAt": "at 1",
}


def recorded(version: int, event: OrderEvent) -> Recorded[OrderEvent]:
    return Recorded(
        aggregate_id="order-789",
        version=version,
        event_id=str(version),
        timestamp=f"at {version}",
        data=event,
        metadata=CONTEXT,
        hash="f" * 64,
    )


def view_of(*events: OrderEvent) -> OrderView | None:
    view: OrderView | None = None
    for version, event in enumerate(events, start=1):
        view = ORDER_READ_MODEL.evolve(view, recorded(version, event))
    return view


def shown(*events: OrderEvent) -> Any:
    return msgspec.json.decode(msgspec.json.encode(view_of(*events), enc_hook=to_json))


@pytest.mark.parametrize(
    ("events", "changes"),
    [
        ((PLACED,), {}),
        (
            (PLACED, SHIPPED),
            {"status": "shipped", "shippedAt": "at 2", "trackingNumber": "1Z-42", "carrier": "UPS"},
        ),
        (
            (PLACED, SHIPPED, DELIVERED),
            {
                "status": "delivered",
                "shippedAt": "at 2",
                "deliveredAt": "at 3",
                "trackingNumber": "1Z-42",
                "carrier": "UPS",
            },
        ),
        (
            (PLACED, CANCELLED),
            {"status": "cancelled", "cancelledAt": "at 2", "cancelReason": "changed my mind"},
        ),
        (
            (PLACED, OrderShipped(order_id="789", tracking_number="1Z")),
            {"status": "shipped", "shippedAt": "at 2", "trackingNumber": "1Z"},
        ),
    ],
    ids=lambda value: value[-1].__class__.__name__ if isinstance(value, tuple) else "",
)
def test_an_order_is_shown_as_the_contract_says(
    events: tuple[OrderEvent, ...], changes: dict[str, Any]
) -> None:
    assert shown(*events) == FIRST | changes


@given(place_orders, st.lists(commands, max_size=8))
def test_the_view_and_the_aggregate_tell_the_same_story(
    first: OrderCommand, rest: list[OrderCommand]
) -> None:
    state, events = ORDER.initial("789"), list[OrderEvent]()
    for command in (first, *rest):
        try:
            caused = ORDER.decide(state, command)
        except DomainError:
            continue
        state = ORDER.fold(state, caused)
        events.extend(caused)
    view = view_of(*events)
    assert view is not None
    assert view.status == state.status
    assert view.order_id == state.order_id
    assert (view.shipped_at is None) == (state.status not in ("shipped", "delivered"))
    assert (view.cancelled_at is None) == (state.status != "cancelled")
    assert view.total_amount == sum(item.price * item.quantity for item in view.items)

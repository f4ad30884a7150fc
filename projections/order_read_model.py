"""Orders as they are now: what `GET /api/orders/{orderId}` answers."""

from typing import Any

import msgspec

from domain.events import Recorded
from domain.order import (
    ORDER,
    Item,
    OrderCancelled,
    OrderDelivered,
    OrderEvent,
    OrderPlaced,
    OrderShipped,
    Status,
)
from domain.values import Moment, Money
from projections.projection import View


class OrderView(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    order_id: str
    customer_id: str
    status: Status
    items: tuple[Item, ...]
    total_amount: Money
    currency: str
    placed_at: Moment
    shipped_at: Moment | None = None
    delivered_at: Moment | None = None
    cancelled_at: Moment | None = None
    tracking_number: str | None = None
    carrier: str | None = None
    cancel_reason: str | None = None


def evolve(view: OrderView | None, recorded: Recorded[OrderEvent]) -> OrderView:
    event, at = recorded.data, recorded.timestamp
    if isinstance(event, OrderPlaced):
        return OrderView(
            order_id=event.order_id,
            customer_id=event.customer_id,
            status="placed",
            items=event.items,
            total_amount=event.total_amount,
            currency=event.currency,
            placed_at=at,
        )
    assert view is not None, "an order's first event is OrderPlaced"
    return msgspec.structs.replace(view, **_changes(event, at))


def _changes(event: OrderShipped | OrderDelivered | OrderCancelled, at: str) -> dict[str, Any]:
    match event:
        case OrderShipped():
            return {
                "status": "shipped",
                "shipped_at": at,
                "tracking_number": event.tracking_number,
                "carrier": event.carrier,
            }
        case OrderDelivered():
            return {"status": "delivered", "delivered_at": at}
        case OrderCancelled():
            return {"status": "cancelled", "cancelled_at": at, "cancel_reason": event.reason}


ORDER_READ_MODEL: View[OrderView] = View(
    name="order_read_model",
    container="order_read_model",
    group="order_projector",
    follows=(ORDER,),
    shape=OrderView,
    evolve=evolve,
    served=True,
)

"""Orders as they are looked for: by customer, status, product, time and total, the newest first."""

import msgspec

from domain.events import Recorded
from domain.order import (
    ORDER,
    OrderCancelled,
    OrderDelivered,
    OrderEvent,
    OrderPlaced,
    OrderShipped,
    Status,
)
from domain.values import Moment, Money
from projections.projection import View


class FoundOrder(msgspec.Struct, frozen=True, rename="camel"):
    order_id: str
    customer_id: str
    status: Status
    product_ids: tuple[str, ...]
    total_amount: Money
    currency: str
    placed_at: Moment


def evolve(view: FoundOrder | None, recorded: Recorded[OrderEvent]) -> FoundOrder:
    event = recorded.data
    if isinstance(event, OrderPlaced):
        return FoundOrder(
            order_id=event.order_id,
            customer_id=event.customer_id,
            status="placed",
            product_ids=tuple(dict.fromkeys(item.product_id for item in event.items)),
            total_amount=event.total_amount,
            currency=event.currency,
            placed_at=recorded.timestamp,
        )
    assert view is not None, "an order's first event is OrderPlaced"
    return msgspec.structs.replace(view, status=status_after(event))


def status_after(event: OrderShipped | OrderDelivered | OrderCancelled) -> Status:
    match event:
        case OrderShipped():
            return "shipped"
        case OrderDelivered():
            return "delivered"
        case OrderCancelled():
            return "cancelled"


ORDER_SEARCH: View[FoundOrder] = View(
    name="order_search",
    container="order_search",
    group="order_projector",
    follows=(ORDER,),
    shape=FoundOrder,
    evolve=evolve,
    sharded=True,
    searched_by=("customerId", "status", "productIds/[]", "totalAmount", "placedAt", "orderId"),
    ordered_by=("placedAt", "orderId"),
)

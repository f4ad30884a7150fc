"""Products as they are now: what `GET /api/products/{productId}` answers."""

from typing import assert_never

import msgspec

from domain.events import Recorded
from domain.product import (
    PRODUCT,
    ProductEvent,
    StockReceived,
    StockReleased,
    StockReserved,
    StockShipped,
)
from projections.projection import View


class ProductView(msgspec.Struct, frozen=True, rename="camel"):
    product_id: str
    on_hand: int = 0
    reserved: int = 0
    available: int = 0


def evolve(view: ProductView | None, recorded: Recorded[ProductEvent]) -> ProductView:
    event = recorded.data
    before = view or ProductView(event.product_id)
    match event:
        case StockReceived():
            return stock(before, on_hand=event.quantity)
        case StockReserved():
            return stock(before, reserved=event.quantity)
        case StockReleased():
            return stock(before, reserved=-event.quantity)
        case StockShipped():
            return stock(before, on_hand=-event.quantity, reserved=-event.quantity)
        case _:
            assert_never(event)


def stock(view: ProductView, *, on_hand: int = 0, reserved: int = 0) -> ProductView:
    """The view after a change of what is in the house and what of it is held."""
    on_hand, reserved = view.on_hand + on_hand, view.reserved + reserved
    return ProductView(view.product_id, on_hand, reserved, on_hand - reserved)


PRODUCT_READ_MODEL: View[ProductView] = View(
    name="product_read_model",
    container="product_read_model",
    group="product_projector",
    follows=(PRODUCT,),
    shape=ProductView,
    evolve=evolve,
    served=True,
)

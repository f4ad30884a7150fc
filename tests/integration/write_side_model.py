"""What orders and products do, told a second time and as simply as possible: the write side's oracle."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from domain.aggregate import Command
from domain.order import CancelOrder, DeliverOrder, PlaceOrder, ShipOrder
from domain.product import ReceiveStock, ReleaseStock, ReserveStock, ShipStock

type State = OrderState | ProductState

NOT_FOUND: Final = "not-found"

ORDERS: Final[Mapping[type[Command], tuple[str, str, Mapping[str, str]]]] = {
    PlaceOrder: (
        "none",
        "placed",
        dict.fromkeys(("placed", "shipped", "delivered", "cancelled"), "order-already-placed"),
    ),
    ShipOrder: (
        "placed",
        "shipped",
        {
            "none": NOT_FOUND,
            "shipped": "order-already-shipped",
            "delivered": "order-already-delivered",
            "cancelled": "order-cancelled",
        },
    ),
    DeliverOrder: (
        "shipped",
        "delivered",
        {
            "none": NOT_FOUND,
            "placed": "order-not-shipped",
            "delivered": "order-already-delivered",
            "cancelled": "order-cancelled",
        },
    ),
    CancelOrder: (
        "placed",
        "cancelled",
        {
            "none": NOT_FOUND,
            "shipped": "order-already-shipped",
            "delivered": "order-already-delivered",
            "cancelled": "order-already-cancelled",
        },
    ),
}
"""By command: the status that it needs, the status that it leads to, the code of the refusal in others."""


@dataclass(frozen=True)
class OrderState:
    status: str = "none"

    def after(self, command: Command) -> "OrderState | str":
        """The next state, or the code of the refusal."""
        needs, leads_to, refusals = ORDERS[type(command)]
        return OrderState(leads_to) if self.status == needs else refusals[self.status]

    def answer(self) -> dict[str, Any]:
        return {"status": self.status}


@dataclass(frozen=True)
class ProductState:
    on_hand: int | None = None
    held: Mapping[str, int] = field(default_factory=dict)

    @property
    def available(self) -> int:
        return (self.on_hand or 0) - sum(self.held.values())

    def after(self, command: Command) -> "ProductState | str":
        """The next state, or the code of the refusal."""
        if isinstance(command, ReceiveStock):
            return ProductState((self.on_hand or 0) + command.quantity, self.held)
        if self.on_hand is None:
            return NOT_FOUND
        match command:
            case ReserveStock() if command.order_id in self.held:
                return "already-reserved"
            case ReserveStock() if command.quantity > self.available:
                return "insufficient-stock"
            case ReserveStock():
                return ProductState(self.on_hand, {**self.held, command.order_id: command.quantity})
            case ReleaseStock() | ShipStock() if command.order_id not in self.held:
                return "no-such-reservation"
            case ReleaseStock() | ShipStock():
                held = dict(self.held)
                quantity = held.pop(command.order_id)
                shipped = quantity if isinstance(command, ShipStock) else 0
                return ProductState(self.on_hand - shipped, held)
            case _:
                raise AssertionError(f"{command} is no command of products")

    def answer(self) -> dict[str, Any]:
        return {
            "status": "in_stock" if self.available else "out_of_stock",
            "onHand": self.on_hand or 0,
            "reserved": sum(self.held.values()),
            "available": self.available,
        }

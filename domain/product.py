"""Products: stock that is received, reserved for orders, released again or shipped; never oversold."""

from typing import ClassVar, Final, Literal, TypedDict, assert_never

import msgspec

from domain.aggregate import Aggregate, AggregateNotFound, Command, RuleViolation
from domain.events import Event
from domain.values import Id, Quantity

MAX_STOCK: Final = 10**12

# Events. Their names and fields are the storage format: a change of shape is a new schema version.


class StockReceived(Event, frozen=True, kw_only=True):
    product_id: Id
    quantity: Quantity


class StockReserved(Event, frozen=True, kw_only=True):
    product_id: Id
    order_id: Id
    quantity: Quantity


class StockReleased(Event, frozen=True, kw_only=True):
    product_id: Id
    order_id: Id
    quantity: Quantity


class StockShipped(Event, frozen=True, kw_only=True):
    product_id: Id
    order_id: Id
    quantity: Quantity


type ProductEvent = StockReceived | StockReserved | StockReleased | StockShipped


# State


class Product(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is in the house, and what of it each order holds. A reservation that ended is forgotten."""

    product_id: str
    exists: bool = False
    on_hand: int = 0
    reserved: int = 0
    reservations: dict[str, int] = {}

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


def evolve(state: Product, event: ProductEvent) -> Product:
    match event:
        case StockReceived():
            return msgspec.structs.replace(
                state, exists=True, on_hand=state.on_hand + event.quantity
            )
        case StockReserved():
            return msgspec.structs.replace(
                state,
                reserved=state.reserved + event.quantity,
                reservations={**state.reservations, event.order_id: event.quantity},
            )
        case StockReleased():
            return without_reservation(state, event.order_id, event.quantity)
        case StockShipped():
            kept = without_reservation(state, event.order_id, event.quantity)
            return msgspec.structs.replace(kept, on_hand=kept.on_hand - event.quantity)
        case _:
            assert_never(event)


def without_reservation(state: Product, order_id: str, quantity: int) -> Product:
    others = {order: held for order, held in state.reservations.items() if order != order_id}
    return msgspec.structs.replace(state, reserved=state.reserved - quantity, reservations=others)


# Commands


class ReceiveStock(Command, frozen=True, kw_only=True):
    codes: ClassVar[tuple[str, ...]] = ("stock-limit-exceeded",)
    quantity: Quantity


class ReserveStock(Command, frozen=True, kw_only=True):
    codes: ClassVar[tuple[str, ...]] = ("already-reserved", "insufficient-stock")
    order_id: Id
    quantity: Quantity


class ReleaseStock(Command, frozen=True, kw_only=True):
    codes: ClassVar[tuple[str, ...]] = ("no-such-reservation",)
    order_id: Id


class ShipStock(Command, frozen=True, kw_only=True):
    codes: ClassVar[tuple[str, ...]] = ("no-such-reservation",)
    order_id: Id


type ProductCommand = ReceiveStock | ReserveStock | ReleaseStock | ShipStock


def decide(state: Product, command: ProductCommand) -> tuple[ProductEvent, ...]:
    match command:
        case ReceiveStock():
            return receive(state, command)
        case ReserveStock():
            return reserve(state, command)
        case ReleaseStock():
            quantity = reservation(state, command.order_id)
            return (
                StockReleased(
                    product_id=state.product_id, order_id=command.order_id, quantity=quantity
                ),
            )
        case ShipStock():
            quantity = reservation(state, command.order_id)
            return (
                StockShipped(
                    product_id=state.product_id, order_id=command.order_id, quantity=quantity
                ),
            )
        case _:
            assert_never(command)


def receive(state: Product, command: ReceiveStock) -> tuple[StockReceived]:
    if state.on_hand + command.quantity > MAX_STOCK:
        raise RuleViolation(
            "stock-limit-exceeded",
            f"Product '{state.product_id}' would have more than {MAX_STOCK} on hand.",
        )
    return (StockReceived(product_id=state.product_id, quantity=command.quantity),)


def reserve(state: Product, command: ReserveStock) -> tuple[StockReserved]:
    expect_existing(state)
    if command.order_id in state.reservations:
        raise RuleViolation(
            "already-reserved",
            f"Order '{command.order_id}' already holds a reservation of '{state.product_id}'.",
        )
    if command.quantity > state.available:
        raise RuleViolation(
            "insufficient-stock",
            f"Product '{state.product_id}' has {state.available} available, not {command.quantity}.",
        )
    return (
        StockReserved(
            product_id=state.product_id, order_id=command.order_id, quantity=command.quantity
        ),
    )


def reservation(state: Product, order_id: str) -> int:
    """What an order holds. Raises RuleViolation where it holds nothing."""
    expect_existing(state)
    if order_id not in state.reservations:
        raise RuleViolation(
            "no-such-reservation",
            f"Order '{order_id}' holds no reservation of '{state.product_id}'.",
        )
    return state.reservations[order_id]


def expect_existing(state: Product) -> None:
    if not state.exists:
        raise AggregateNotFound("Product", state.product_id)


class Answer(TypedDict):
    status: Literal["in_stock", "out_of_stock"]
    onHand: int
    reserved: int
    available: int


def answer(state: Product) -> Answer:
    return {
        "status": "in_stock" if state.available else "out_of_stock",
        "onHand": state.on_hand,
        "reserved": state.reserved,
        "available": state.available,
    }


PRODUCT: Aggregate[Product, ProductCommand, ProductEvent] = Aggregate(
    name="Product",
    initial=Product,
    decide=decide,
    evolve=evolve,
    answer=answer,
    events=(StockReceived, StockReserved, StockReleased, StockShipped),
    commands={
        "receive": ReceiveStock,
        "reserve": ReserveStock,
        "release": ReleaseStock,
        "ship": ShipStock,
    },
    snapshot_every=50,
)

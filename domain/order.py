"""Orders: placed, shipped, delivered, or cancelled before they are shipped."""

from decimal import Decimal
from typing import Annotated, ClassVar, Literal, TypedDict, assert_never

import msgspec

from domain.aggregate import Aggregate, AggregateNotFound, Command, RuleViolation
from domain.currency import Currency
from domain.events import Event
from domain.values import Id, InvalidValue, Money, Price, Quantity, Sensitive, Text

# Values. They are stored with the events: a change of shape is a new schema version.

type Address = Text | dict[Id, Text]
"""A line of text, or named parts, kept as the caller wrote them."""


class Item(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    product_id: Id
    quantity: Quantity
    price: Price


class Contact(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True
):
    name: Sensitive[Text] | None = None
    email: Sensitive[Text] | None = None
    phone: Sensitive[Text] | None = None


class Payment(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True
):
    credit_card: Sensitive[Text] | None = None


# Events


class OrderPlaced(Event, frozen=True, kw_only=True):
    schema_version: ClassVar[int] = 2
    order_id: Id
    customer_id: Id
    items: tuple[Item, ...]
    total_amount: Money
    currency: Currency
    shipping_address: Sensitive[Address] | None = None
    contact: Contact | None = None
    payment: Payment | None = None


class OrderShipped(Event, frozen=True, kw_only=True):
    order_id: Id
    tracking_number: Text
    carrier: Text | None = None


class OrderDelivered(Event, frozen=True, kw_only=True):
    order_id: Id
    signed_by: Sensitive[Text] | None = None


class OrderCancelled(Event, frozen=True, kw_only=True):
    order_id: Id
    reason: Text


type OrderEvent = OrderPlaced | OrderShipped | OrderDelivered | OrderCancelled


# State


type Status = Literal["placed", "shipped", "delivered", "cancelled"]


class Order(msgspec.Struct, frozen=True):
    """`customer_id` says under whose key an order's personal data is sealed."""

    order_id: str
    status: Status | Literal["none"] = "none"
    customer_id: str | None = None


def evolve(state: Order, event: OrderEvent) -> Order:
    match event:
        case OrderPlaced():
            return Order(state.order_id, "placed", event.customer_id)
        case OrderShipped():
            return msgspec.structs.replace(state, status="shipped")
        case OrderDelivered():
            return msgspec.structs.replace(state, status="delivered")
        case OrderCancelled():
            return msgspec.structs.replace(state, status="cancelled")
        case _:
            assert_never(event)


# Commands


class PlaceOrder(Command, frozen=True, kw_only=True):
    codes: ClassVar[tuple[str, ...]] = ("order-already-placed",)
    order_id: Id | None = None
    customer_id: Id
    items: Annotated[tuple[Item, ...], msgspec.Meta(min_length=1, max_length=200)]
    currency: Currency = "USD"
    shipping_address: Sensitive[Address] | None = None
    contact: Contact | None = None
    payment: Payment | None = None

    @property
    def total(self) -> Decimal:
        return sum((item.price * item.quantity for item in self.items), Decimal(0))

    def __post_init__(self) -> None:
        if self.total > Money.maximum:
            raise InvalidValue("/items", f"Expected a total of at most {Money.maximum}")


class ShipOrder(Command, frozen=True, kw_only=True):
    codes: ClassVar[tuple[str, ...]] = (
        "order-already-shipped",
        "order-already-delivered",
        "order-cancelled",
    )
    tracking_number: Text
    carrier: Text | None = None


class DeliverOrder(Command, frozen=True, kw_only=True):
    codes: ClassVar[tuple[str, ...]] = (
        "order-not-shipped",
        "order-already-delivered",
        "order-cancelled",
    )
    signed_by: Sensitive[Text] | None = None


class CancelOrder(Command, frozen=True, kw_only=True):
    codes: ClassVar[tuple[str, ...]] = (
        "order-already-shipped",
        "order-already-delivered",
        "order-already-cancelled",
    )
    reason: Text


type OrderCommand = PlaceOrder | ShipOrder | DeliverOrder | CancelOrder


def decide(state: Order, command: OrderCommand) -> tuple[OrderEvent, ...]:
    match command:
        case PlaceOrder():
            return place(state, command)
        case ShipOrder():
            expect(state, "placed")
            return (
                OrderShipped(
                    order_id=state.order_id,
                    tracking_number=command.tracking_number,
                    carrier=command.carrier,
                ),
            )
        case DeliverOrder():
            expect(state, "shipped")
            return (OrderDelivered(order_id=state.order_id, signed_by=command.signed_by),)
        case CancelOrder():
            expect(state, "placed", cancelled="order-already-cancelled")
            return (OrderCancelled(order_id=state.order_id, reason=command.reason),)
        case _:
            assert_never(command)


def place(state: Order, command: PlaceOrder) -> tuple[OrderPlaced]:
    if state.status != "none":
        raise RuleViolation("order-already-placed", f"Order '{state.order_id}' is already placed.")
    return (
        OrderPlaced(
            order_id=state.order_id,
            customer_id=command.customer_id,
            items=command.items,
            total_amount=Money(command.total),
            currency=command.currency,
            shipping_address=command.shipping_address,
            contact=command.contact,
            payment=command.payment,
        ),
    )


def expect(state: Order, wanted: str, *, cancelled: str = "order-cancelled") -> None:
    """Raises what the state says to a command that wants another one."""
    codes = {
        "placed": "order-not-shipped",
        "shipped": "order-already-shipped",
        "delivered": "order-already-delivered",
        "cancelled": cancelled,
    }
    if state.status == "none":
        raise AggregateNotFound("Order", state.order_id)
    if state.status != wanted:
        raise RuleViolation(
            codes[state.status], f"Order '{state.order_id}' is {state.status}, not {wanted}."
        )


class Answer(TypedDict):
    status: Status


def answer(state: Order) -> Answer:
    assert state.status != "none", "a command leads to a state"
    return {"status": state.status}


ORDER: Aggregate[Order, OrderCommand, OrderEvent] = Aggregate(
    name="Order",
    initial=Order,
    decide=decide,
    evolve=evolve,
    answer=answer,
    events=(OrderPlaced, OrderShipped, OrderDelivered, OrderCancelled),
    commands={
        "place": PlaceOrder,
        "ship": ShipOrder,
        "deliver": DeliverOrder,
        "cancel": CancelOrder,
    },
    creates="place",
    snapshot_every=500,
    shape=2,
    subject=lambda order: order.customer_id,
)

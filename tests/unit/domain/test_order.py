"""Orders, specified: every command in every state, as the HTTP contract's table has it."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from domain.events import Event
from domain.order import (
    ORDER,
    CancelOrder,
    Contact,
    DeliverOrder,
    Item,
    Order,
    OrderCancelled,
    OrderCommand,
    OrderDelivered,
    OrderPlaced,
    OrderShipped,
    Payment,
    PlaceOrder,
    ShipOrder,
)
from domain.values import InvalidValue, Money, Price, to_json
from tests.unit.domain.specification import Specification, given

ITEM = Item("product-1", 3, Price("19.99"))
PLACE = PlaceOrder(customer_id="customer-1", items=(ITEM,), currency="EUR")
SHIP = ShipOrder(tracking_number="1Z-42", carrier="UPS")
DELIVER = DeliverOrder(signed_by="Ada Lovelace")
CANCEL = CancelOrder(reason="changed my mind")

PLACED = OrderPlaced(
    order_id="789",
    customer_id="customer-1",
    items=(ITEM,),
    total_amount=Money("59.97"),
    currency="EUR",
)
SHIPPED = OrderShipped(order_id="789", tracking_number="1Z-42", carrier="UPS")
DELIVERED = OrderDelivered(order_id="789", signed_by="Ada Lovelace")
CANCELLED = OrderCancelled(order_id="789", reason="changed my mind")

COMMANDS: dict[str, tuple[OrderCommand, Event]] = {
    "place": (PLACE, PLACED),
    "ship": (SHIP, SHIPPED),
    "deliver": (DELIVER, DELIVERED),
    "cancel": (CANCEL, CANCELLED),
}
PASTS: dict[str, tuple[Event, ...]] = {
    "none": (),
    "placed": (PLACED,),
    "shipped": (PLACED, SHIPPED),
    "delivered": (PLACED, SHIPPED, DELIVERED),
    "cancelled": (PLACED, CANCELLED),
}
OK, MISSING = "ok", "404"
TABLE = {
    "place": (OK, *["order-already-placed"] * 4),
    "ship": (MISSING, OK, "order-already-shipped", "order-already-delivered", "order-cancelled"),
    "deliver": (MISSING, "order-not-shipped", OK, "order-already-delivered", "order-cancelled"),
    "cancel": (
        MISSING,
        OK,
        "order-already-shipped",
        "order-already-delivered",
        "order-already-cancelled",
    ),
}
CELLS = [
    pytest.param(verb, status, outcome, id=f"{verb}-{status}-{outcome}")
    for verb, outcomes in TABLE.items()
    for status, outcome in zip(PASTS, outcomes, strict=True)
]


def order(*past: Event) -> Specification:
    return given(ORDER, "789", *past)


@pytest.mark.parametrize(("verb", "status", "outcome"), CELLS)
def test_every_command_in_every_state_does_what_the_contract_says(
    verb: str, status: str, outcome: str
) -> None:
    command, event = COMMANDS[verb]
    result = order(*PASTS[status]).when(command)
    match outcome:
        case "ok":
            result.then(event)
        case "404":
            result.not_found()
        case code:
            result.refused(code)


@pytest.mark.parametrize("status", PASTS)
def test_a_past_leads_to_its_status(status: str) -> None:
    customer = None if status == "none" else "customer-1"
    wanted = Order("789", status, customer)  # type: ignore[arg-type]  # a key of PASTS
    past: Any = PASTS[status]
    assert ORDER.fold(ORDER.initial("789"), past) == wanted


def test_the_verbs_are_those_of_the_table() -> None:
    assert ORDER.commands.keys() == TABLE.keys()
    assert ORDER.creates == "place"


@pytest.mark.parametrize(
    ("verb", "past", "status"),
    [
        ("place", "none", "placed"),
        ("ship", "placed", "shipped"),
        ("deliver", "shipped", "delivered"),
        ("cancel", "placed", "cancelled"),
    ],
)
def test_a_caller_sees_the_status_that_the_command_led_to(
    verb: str, past: str, status: str
) -> None:
    order(*PASTS[past]).when(COMMANDS[verb][0]).answers(status=status)


def test_a_delivery_needs_no_signature() -> None:
    order(PLACED, SHIPPED).when(DeliverOrder()).then(OrderDelivered(order_id="789"))


def test_a_shipment_needs_no_carrier() -> None:
    command = ShipOrder(tracking_number="1Z-42")
    order(PLACED).when(command).then(OrderShipped(order_id="789", tracking_number="1Z-42"))


def test_placing_takes_over_all_that_the_caller_said() -> None:
    contact = Contact(name="Ada", email="ada@example.org", phone="+44 1")
    command = msgspec.structs.replace(
        PLACE, shipping_address="1 High St", contact=contact, payment=Payment("4111")
    )
    order().when(command).then(
        msgspec.structs.replace(
            PLACED, shipping_address="1 High St", contact=contact, payment=Payment("4111")
        )
    )


def test_the_event_names_the_order_that_the_command_was_sent_to() -> None:
    given(ORDER, "another", PLACED).when(SHIP).then(
        OrderShipped(order_id="another", tracking_number="1Z-42", carrier="UPS")
    )


def test_the_currency_is_dollars_where_none_is_named() -> None:
    assert PlaceOrder(customer_id="c", items=(ITEM,)).currency == "USD"


def test_a_total_is_exact_where_floating_point_is_not() -> None:
    items = (Item("p", 3, Price("0.1")), Item("q", 1, Price("0.2")))
    (placed,) = ORDER.decide(Order("789"), PlaceOrder(customer_id="c", items=items))
    assert isinstance(placed, OrderPlaced)
    assert placed.total_amount == Decimal("0.5")
    assert placed.total_amount.number() == 0.5


@pytest.mark.parametrize("cents", ["0.00", "0.99"])
def test_a_total_goes_up_to_what_a_double_holds_to_the_cent(cents: str) -> None:
    items = (*[Item("p", 1_000_000, Price(999_999))] * 10, Item("p", 9_999_999, Price(1)))
    rest = Item("r", 1, Price(cents))
    command = PlaceOrder(customer_id="c", items=(*items, rest))
    assert command.total == Decimal(9999999999999) + Decimal(cents)
    assert Decimal(repr(Money(command.total).number())) == command.total


def test_one_cent_more_is_refused_and_the_items_are_to_blame() -> None:
    most = (*[Item("p", 1_000_000, Price(999_999))] * 10, Item("p", 10_000_000, Price(1)))
    with pytest.raises(InvalidValue, match=r"at most 9999999999999\.99") as refusal:
        PlaceOrder(customer_id="c", items=most)
    assert refusal.value.pointer == "/items"


def test_a_refusal_reads_as_a_sentence_and_names_the_order() -> None:
    with pytest.raises(Exception, match=r"^Order '789' is cancelled, not placed\.$"):
        ORDER.decide(Order("789", "cancelled"), SHIP)
    with pytest.raises(Exception, match=r"^Order '789' does not exist\.$"):
        ORDER.decide(Order("789"), SHIP)


def stored(event: Event) -> Any:
    return msgspec.json.decode(msgspec.json.encode(event, enc_hook=to_json))


def test_an_event_is_stored_under_the_names_of_the_contract() -> None:
    assert stored(PLACED) == {
        "orderId": "789",
        "customerId": "customer-1",
        "items": [{"productId": "product-1", "quantity": 3, "price": 19.99}],
        "totalAmount": 59.97,
        "currency": "EUR",
    }
    assert stored(SHIPPED) == {"orderId": "789", "trackingNumber": "1Z-42", "carrier": "UPS"}
    assert stored(DELIVERED) == {"orderId": "789", "signedBy": "Ada Lovelace"}
    assert stored(CANCELLED) == {"orderId": "789", "reason": "changed my mind"}

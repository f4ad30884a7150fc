"""Which fields are sensitive, and that none of them reaches a state, a view or a command's hash."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import inspect

from domain.order import Contact, DeliverOrder, Item, OrderDelivered, OrderPlaced, Payment
from domain.order import PlaceOrder as Place
from domain.registry import AGGREGATES
from domain.values import SENSITIVE, Money, Price
from privacy.fields import public, sensitive_fields
from projections.projection import View
from projections.registry import PROJECTIONS
from tests.strategies.orders import contacts, payments, place_orders, texts

PERSONAL = {
    "shippingAddress",
    "signedBy",
    "name",
    "email",
    "phone",
    "creditCard",
}
"""What the contract takes of a person."""

STATES = [type(aggregate.initial("1")) for aggregate in AGGREGATES]
SHAPES = [view.shape for view in PROJECTIONS if isinstance(view, View)]
WRITTEN = [
    kind for aggregate in AGGREGATES for kind in (*aggregate.events, *aggregate.commands.values())
]


def fields_of(kind: type) -> Iterator[tuple[str, bool]]:
    """Every field below a type, whatever it is nested in, and whether it is marked."""
    yield from _below(inspect.type_info(kind), set())


def _below(info: inspect.Type, seen: set[type]) -> Iterator[tuple[str, bool]]:
    match info:
        case inspect.Metadata():
            yield from _below(info.type, seen)
        case inspect.StructType() if info.cls not in seen:
            seen.add(info.cls)
            for field in info.fields:
                yield field.encode_name, _is_marked(field.type)
                yield from _below(field.type, seen)
        case inspect.UnionType():
            for member in info.types:
                yield from _below(member, seen)
        case inspect.ListType() | inspect.VarTupleType() | inspect.SetType():
            yield from _below(info.item_type, seen)
        case inspect.DictType():
            yield from _below(info.value_type, seen)
        case inspect.TupleType():
            for member in info.item_types:
                yield from _below(member, seen)
        case _:
            pass


def _is_marked(info: inspect.Type) -> bool:
    return SENSITIVE in repr(info)


@pytest.mark.parametrize("kind", [*STATES, *SHAPES], ids=lambda kind: kind.__name__)
def test_no_state_and_no_view_holds_a_sensitive_field(kind: type) -> None:
    fields = dict(fields_of(kind))
    assert fields
    assert not [name for name, marked in fields.items() if marked]
    assert not fields.keys() & PERSONAL


@pytest.mark.parametrize("kind", WRITTEN, ids=lambda kind: kind.__name__)
def test_what_is_taken_of_a_person_is_marked_wherever_it_is_written(kind: type) -> None:
    assert not [name for name, marked in fields_of(kind) if name in PERSONAL and not marked]


def test_the_inspection_finds_what_is_nested() -> None:
    assert {name for name, marked in fields_of(OrderPlaced) if marked} >= {
        "shippingAddress",
        "email",
        "creditCard",
    }


def test_sensitive_fields_are_named_by_attribute() -> None:
    assert sensitive_fields(Contact) == {"name", "email", "phone"}
    assert sensitive_fields(Payment) == {"credit_card"}
    assert sensitive_fields(OrderDelivered) == {"signed_by"}
    assert sensitive_fields(OrderPlaced) == {"shipping_address"}
    assert sensitive_fields(Item) == frozenset()


def test_a_value_without_its_sensitive_fields_keeps_the_rest_under_stored_names() -> None:
    command = Place(
        customer_id="customer-1",
        items=(Item("product-1", 1, Price("9.99")),),
        shipping_address="1 High St",
        contact=Contact(name="Ada"),
    )
    assert public(command) == {
        "orderId": None,
        "customerId": "customer-1",
        "items": [{"productId": "product-1", "quantity": 1, "price": Money("9.99")}],
        "currency": "USD",
        "contact": {},
        "payment": None,
    }
    assert public(DeliverOrder(signed_by="Ada")) == {}


@given(place_orders, texts | st.none(), contacts, payments)
def test_personal_data_makes_no_difference_to_what_is_public(
    command: Place, address: str | None, contact: Contact, payment: Payment
) -> None:
    other: dict[str, Any] = {"shipping_address": address}
    if command.contact is not None:
        other["contact"] = contact
    if command.payment is not None:
        other["payment"] = payment
    assert public(msgspec.structs.replace(command, **other)) == public(command)

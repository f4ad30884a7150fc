"""Hypothesis strategies for orders: every value inside the contract's limits."""

import string
from decimal import Decimal
from functools import partial
from typing import get_args

from hypothesis import strategies as st

from domain.currency import Currency
from domain.order import (
    CancelOrder,
    Contact,
    DeliverOrder,
    Item,
    OrderCancelled,
    OrderCommand,
    OrderDelivered,
    OrderEvent,
    OrderPlaced,
    OrderShipped,
    Payment,
    PlaceOrder,
    ShipOrder,
)
from domain.values import Money, Price

ALPHANUMERIC = string.ascii_letters + string.digits

ids = st.builds(
    str.__add__, st.sampled_from(ALPHANUMERIC), st.text(ALPHANUMERIC + "_.-", max_size=63)
)
texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
quantities = st.integers(1, 1_000_000)
currencies = st.sampled_from(get_args(Currency.__value__))
addresses = texts | st.dictionaries(ids, texts, max_size=3)


def amounts[M: Money](kind: type[M]) -> st.SearchStrategy[M]:
    """Whole cents from nothing to the most that a kind of money holds."""
    cents = st.integers(0, int(kind.maximum * 100))
    return cents.map(lambda amount: kind(Decimal(amount).scaleb(-2)))


def optional[T](values: st.SearchStrategy[T]) -> st.SearchStrategy[T | None]:
    return st.none() | values


items = st.builds(Item, ids, st.integers(1, 1000), amounts(Price))
contacts = st.builds(Contact, optional(texts), optional(texts), optional(texts))
payments = st.builds(Payment, optional(texts))

place_orders = st.builds(
    PlaceOrder,
    order_id=optional(ids),
    customer_id=ids,
    items=st.lists(items, min_size=1, max_size=3).map(tuple),
    currency=currencies,
    shipping_address=optional(addresses),
    contact=optional(contacts),
    payment=optional(payments),
)
commands: st.SearchStrategy[OrderCommand] = st.one_of(
    place_orders,
    st.builds(ShipOrder, tracking_number=texts, carrier=optional(texts)),
    st.builds(DeliverOrder, signed_by=optional(texts)),
    st.builds(CancelOrder, reason=texts),
)


def placed(order_ids: st.SearchStrategy[str]) -> st.SearchStrategy[OrderPlaced]:
    return st.builds(
        OrderPlaced,
        order_id=order_ids,
        customer_id=ids,
        items=st.lists(items, min_size=1, max_size=3).map(tuple),
        total_amount=amounts(Money),
        currency=currencies,
        shipping_address=optional(addresses),
        contact=optional(contacts),
        payment=optional(payments),
    )


def later(order_ids: st.SearchStrategy[str]) -> st.SearchStrategy[OrderEvent]:
    """What may follow the first event of an order."""
    of = partial(st.builds, order_id=order_ids)
    return st.one_of(
        of(OrderShipped, tracking_number=texts, carrier=optional(texts)),
        of(OrderDelivered, signed_by=optional(texts)),
        of(OrderCancelled, reason=texts),
    )


events: st.SearchStrategy[OrderEvent] = placed(ids) | later(ids)

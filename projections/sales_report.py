"""Sales by day, product and customer: what each order contributes; the report is the sum over all.

A day is the UTC day of placing, for a later cancellation too: it takes nothing away from the day's revenue,
it adds to what of that revenue was cancelled.
"""

from collections import defaultdict
from decimal import Decimal

import msgspec

from domain.events import Recorded
from domain.order import ORDER, Item, OrderCancelled, OrderEvent, OrderPlaced
from projections.projection import Report

DAY = "day"
PRODUCT = "product"
CUSTOMER = "customer"


class Sale(msgspec.Struct, frozen=True, rename="camel"):
    """An order, as far as the report is about it."""

    day: str
    customer_id: str
    currency: str
    items: tuple[Item, ...]
    cancelled: bool = False


class Row(msgspec.Struct, frozen=True):
    """One row of a day: `by` says what of, `key` which of them."""

    by: str
    day: str
    key: str
    currency: str


def evolve(view: Sale | None, recorded: Recorded[OrderEvent]) -> Sale:
    event = recorded.data
    if isinstance(event, OrderPlaced):
        day = recorded.timestamp[:10]
        return Sale(day, event.customer_id, event.currency, event.items)
    assert view is not None, "an order's first event is OrderPlaced"
    if isinstance(event, OrderCancelled):
        return msgspec.structs.replace(view, cancelled=True)
    return view


def rows(sale: Sale) -> dict[Row, dict[str, Decimal]]:
    """An order's contribution: one row by day, one by customer, one by each of its products."""
    by_product: defaultdict[str, list[Item]] = defaultdict(list)
    for item in sale.items:
        by_product[item.product_id].append(item)
    keys = [(DAY, sale.day, sale.items), (CUSTOMER, sale.customer_id, sale.items)]
    keys += [(PRODUCT, product, tuple(items)) for product, items in by_product.items()]
    return {
        Row(by, sale.day, key, sale.currency): figures(items, sale.cancelled)
        for by, key, items in keys
    }


def figures(items: tuple[Item, ...], cancelled: bool) -> dict[str, Decimal]:
    revenue = sum((item.price * item.quantity for item in items), Decimal(0))
    return {
        "orders": Decimal(1),
        "units": Decimal(sum(item.quantity for item in items)),
        "revenue": revenue,
        "cancelledOrders": Decimal(int(cancelled)),
        "cancelledRevenue": revenue if cancelled else Decimal(0),
    }


SALES_REPORT: Report[Sale, Row] = Report(
    name="sales_report",
    container="sales_report",
    group="analytics_projector",
    follows=(ORDER,),
    shape=Sale,
    evolve=evolve,
    sharded=True,
    row=Row,
    rows=rows,
)

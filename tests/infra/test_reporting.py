"""The reports in Azure SQL say to the cent what the sales report in Cosmos DB says."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Literal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.events import Context
from domain.order import ORDER, OrderCancelled, OrderDelivered, OrderEvent, OrderShipped, PlaceOrder
from event_store.chain import chained
from event_store.documents import Codec, Head
from projections.advance import Cursor, advance
from projections.sales_report import SALES_REPORT, Row
from tests.infra.deployment import deployment
from tests.infra.reporting import IGNORED, Reporting, batches, job, tables
from tests.strategies.orders import place_orders

CODEC: Final = Codec([ORDER])
START: Final = datetime(2026, 11, 1, 23, 59, tzinfo=UTC)
VIEWS: Final = {"daily_sales": "day", "product_sales": "product", "customer_sales": "customer"}
KEYS: Final = {"day": "day", "product": "product_id", "customer": "customer_id"}

type Fate = Literal["placed", "shipped", "delivered", "cancelled"]
type Figures = dict[tuple[str, str, str, str], dict[str, Decimal]]


class Story(msgspec.Struct, frozen=True):
    """An order that was placed, and what became of it."""

    order: PlaceOrder
    fate: Fate
    after: int
    first_shape: bool = False


stories = st.lists(
    st.builds(
        Story,
        order=place_orders,
        fate=st.sampled_from(["placed", "shipped", "delivered", "cancelled"]),
        after=st.integers(0, 200),
        first_shape=st.booleans(),
    ),
    max_size=6,
)


def events(order_id: str, story: Story) -> list[OrderEvent]:
    happened: list[OrderEvent] = list(ORDER.decide(ORDER.initial(order_id), story.order))
    if story.fate in ("shipped", "delivered"):
        happened.append(OrderShipped(order_id=order_id, tracking_number="1Z"))
    if story.fate == "delivered":
        happened.append(OrderDelivered(order_id=order_id))
    if story.fate == "cancelled":
        happened.append(OrderCancelled(order_id=order_id, reason="changed my mind"))
    return happened


def messages(number: int, story: Story) -> list[dict[str, Any]]:
    """The stored documents of an order, which are what the hub carries."""
    order_id = f"o-{number}"
    context = Context(correlation_id="c", causation_id="k", command_hash="0" * 64)
    moment = START + timedelta(minutes=story.after)
    stored = CODEC.encode(f"order-{order_id}", Head(), events(order_id, story), context, moment)
    if story.first_shape and stored[0]["data"]["currency"] == "USD":
        del stored[0]["data"]["currency"]
        stored[0]["schemaVersion"] = 1
    return chained(stored, None)


def reported(histories: list[list[dict[str, Any]]]) -> Figures:
    """The sales report: the sum, over all orders, of what each contributes."""
    totals: defaultdict[Row, defaultdict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for history in histories:
        recorded = [CODEC.decode(document) for document in history]
        sale = advance(SALES_REPORT.evolve, Cursor(), recorded).view
        assert sale is not None
        for row, figures in SALES_REPORT.rows(sale).items():
            for name, figure in figures.items():
                totals[row][name] += figure
    return {(r.by, r.day, r.key, r.currency): dict(figures) for r, figures in totals.items()}


def from_views(reporting: Reporting) -> Figures:
    """What the views say, in the words of the sales report."""
    return {
        (by, row["day"], row[KEYS[by]], row["currency"]): {
            "orders": Decimal(row["orders"]),
            "units": Decimal(row["units"]),
            "revenue": Decimal(row["revenue_minor"]).scaleb(-2),
            "cancelledOrders": Decimal(row["cancelled_orders"]),
            "cancelledRevenue": Decimal(row["cancelled_revenue_minor"]).scaleb(-2),
        }
        for view, by in VIEWS.items()
        for row in reporting.rows(view)
    }


@settings(max_examples=25)
@given(stories, st.randoms(use_true_random=False))
def test_the_views_and_the_sales_report_agree_to_the_cent(told: list[Story], random: Any) -> None:
    """In any order of delivery, and however often a message comes."""
    histories = [messages(number, story) for number, story in enumerate(told)]
    delivered = [message for history in histories for message in history]
    delivered += random.choices(delivered, k=len(delivered)) if delivered else []
    random.shuffle(delivered)
    reporting = Reporting()
    reporting.deliver(delivered[: len(delivered) // 2])
    reporting.deliver(delivered[len(delivered) // 2 :])
    assert from_views(reporting) == reported(histories)


@pytest.mark.parametrize("fate", ["placed", "shipped", "delivered", "cancelled"])
def test_an_order_stands_as_what_last_happened_to_it(fate: Fate) -> None:
    order = PlaceOrder(customer_id="ada", items=(), currency="EUR")
    reporting = Reporting()
    reporting.deliver(messages(1, Story(order, fate, after=0)))
    (row,) = reporting.rows("current_orders")
    assert (row["order_id"], row["customer_id"], row["status"]) == ("o-1", "ada", fate)
    assert row["day"] == "2026-11-01"
    assert (row["tracking_number"] == "1Z") is (fate in ("shipped", "delivered"))


def test_stock_is_no_business_of_the_reports() -> None:
    reporting = Reporting()
    received = {
        "aggregateId": "product-lamp",
        "aggregateType": "Product",
        "version": 1,
        "eventId": "e",
        "eventType": "StockReceived",
        "timestamp": "2026-11-01T00:00:00.000000Z",
        "data": {"productId": "lamp", "quantity": 3},
    }
    reporting.deliver([received])
    assert reporting.rows("order_events") == reporting.rows("order_items") == []


def test_every_table_ignores_a_row_that_it_has() -> None:
    created = [batch for batch in batches("tables.sql") if "CREATE TABLE" in batch]
    assert len(created) == len(tables()) == 2
    for batch in created:
        assert f"WITH ({IGNORED})" in batch
        assert "PRIMARY KEY" in batch


@pytest.mark.parametrize("parameters", ["dev", "prod", "private"])
def test_the_job_has_an_output_for_every_table_that_its_query_writes(parameters: str) -> None:
    jobs = "Microsoft.StreamAnalytics/streamingjobs"
    made = deployment(parameters)
    outputs = {output.name.rpartition("/")[2]: output for output in made.all(f"{jobs}/outputs")}
    assert set(outputs) == set(job())
    for name, output in outputs.items():
        assert output.properties["datasource"]["properties"]["table"] == f"sales.{name}"
    (source,) = made.all(f"{jobs}/inputs")
    query = made.one(jobs).properties["transformation"]["properties"]["query"]
    assert f"FROM {source.name.rpartition('/')[2]}" in query

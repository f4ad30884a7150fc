"""Events in every shape that was ever stored: `tests/golden/` keeps one of each, and none is ever changed."""

import json
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.order import ORDER, Order, OrderPlaced
from domain.product import PRODUCT, ReserveStock
from domain.registry import AGGREGATES
from domain.upcasting import UPCASTERS
from event_store.chain import chained, is_intact
from event_store.documents import Codec, Head
from projections.advance import Cursor, advance
from projections.order_read_model import ORDER_READ_MODEL
from tests.stack.calls import Functions
from tests.stack.commanding import execute
from tests.stack.histories import MOMENT
from tests.stack.in_process import Account
from tests.strategies.contexts import contexts
from tests.strategies.orders import later, placed

GOLDEN: Final = Path(__file__).parent.parent / "golden"
FILES: Final = sorted(GOLDEN.glob("*.json"))
CODEC: Final = Codec(AGGREGATES)

type Document = dict[str, Any]


def golden(name: str) -> Document:
    document: Document = json.loads((GOLDEN / f"{name}.json").read_bytes())
    return document


async def store(account: Account, *documents: Document) -> None:
    for document in documents:
        await (await account.container("events")).create_item(document)


def test_there_is_one_of_every_shape_of_every_event() -> None:
    shapes = {
        f"{kind.__name__}.v{version}.json"
        for aggregate in AGGREGATES
        for kind in aggregate.events
        for version in range(1, kind.schema_version + 1)
    }
    assert {path.name for path in FILES} == shapes


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_is_as_it_was_stored_and_reads_as_the_newest_shape(path: Path) -> None:
    document = golden(path.stem)
    assert is_intact(document)
    recorded = CODEC.decode(document)
    assert f"{type(recorded.data).__name__}.v{document['schemaVersion']}" == path.stem
    assert recorded.metadata.user_id == "ada"


def test_an_order_of_the_first_shape_was_in_dollars() -> None:
    old, new = (CODEC.decode(golden(f"OrderPlaced.v{n}")).data for n in (1, 2))
    assert (old.currency, new.currency) == ("USD", "EUR")
    assert old.items == new.items
    assert old.total_amount == new.total_amount


async def test_an_order_of_old_shapes_lives_on(account: Account) -> None:
    await store(account, golden("OrderPlaced.v1"), golden("OrderShipped.v1"))
    call = Functions(await account.instance())
    delivered = await call("deliver_order", {}, orderId="o-1")
    assert (delivered.status, delivered.body["version"]) == (200, 3)
    history = await call("get_order_events", orderId="o-1")
    assert [event["schemaVersion"] for event in history.body["events"]] == [1, 1, 1]
    assert "currency" not in history.body["events"][0]["data"], "history shows what is stored"
    application = await account.instance()
    read = await application.view_reader.at_version(ORDER_READ_MODEL, "o-1", 3)
    assert (read.view.currency, read.view.status) == ("USD", "delivered")
    assert read.view.tracking_number == "2025-03-14T09:26:53.000Z"


async def test_a_product_of_old_shapes_lives_on(account: Account) -> None:
    names = ("StockReceived.v1", "StockReserved.v1", "StockReleased.v1")
    await store(account, *map(golden, names))
    executed = await execute(
        await account.instance(), PRODUCT, "p-2", ReserveStock(order_id="o-1", quantity=100)
    )
    assert (executed.head.version, executed.state.available) == (4, 0)


def as_first_stored(document: Document) -> Document:
    """The document as the first version of the code wrote it."""
    if document["eventType"] != OrderPlaced.__name__:
        return document
    data = {name: value for name, value in document["data"].items() if name != "currency"}
    return document | {"schemaVersion": 1, "data": data}


@given(placed(st.just("o")), st.lists(later(st.just("o")), max_size=3), contexts, st.booleans())
def test_streams_of_any_shape_fold_to_the_same_state_and_view(
    first: OrderPlaced, others: list[Any], context: Any, old: bool
) -> None:
    events = [msgspec.structs.replace(first, currency="USD"), *others]
    newest = chained(CODEC.encode("order-o", Head(), events, context, MOMENT), None)
    stored = [as_first_stored(document) if old else document for document in newest]
    recorded = [CODEC.decode(document) for document in stored]
    assert [event.data for event in recorded] == events
    state = ORDER.fold(Order("o"), (event.data for event in recorded))
    assert state == ORDER.fold(Order("o"), events)
    view = advance(ORDER_READ_MODEL.evolve, Cursor(), recorded)
    assert view == advance(ORDER_READ_MODEL.evolve, Cursor(), map(CODEC.decode, newest))


def test_every_upcaster_is_exercised_here() -> None:
    assert set(UPCASTERS) == {("OrderPlaced", 1)}, "a new one: extend as_first_stored"

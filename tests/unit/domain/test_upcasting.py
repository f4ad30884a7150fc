"""Old shapes of events read as the newest."""

import msgspec
import pytest
from hypothesis import given

from domain.order import OrderPlaced
from domain.registry import AGGREGATES
from domain.upcasting import UPCASTERS, upcast
from domain.values import from_json, to_json
from tests.strategies.orders import ids, placed

EVENT_TYPES = [kind for aggregate in AGGREGATES for kind in aggregate.events]

FIRST_SHAPE = {
    "orderId": "789",
    "customerId": "customer-1",
    "items": [{"productId": "product-1", "quantity": 2, "price": 10.5}],
    "totalAmount": 21,
}


def test_an_order_placed_before_currencies_was_in_dollars() -> None:
    newest = upcast("OrderPlaced", FIRST_SHAPE, 1, OrderPlaced.schema_version)
    event = msgspec.convert(newest, OrderPlaced, dec_hook=from_json)
    assert event.currency == "USD"
    assert event.order_id == "789"
    assert event.total_amount == 21


def test_upcasting_leaves_the_stored_data_alone() -> None:
    before = msgspec.json.encode(FIRST_SHAPE)
    upcast("OrderPlaced", FIRST_SHAPE, 1, 2)
    assert msgspec.json.encode(FIRST_SHAPE) == before


@given(placed(ids))
def test_the_newest_shape_passes_unchanged(event: OrderPlaced) -> None:
    data = msgspec.to_builtins(event, enc_hook=to_json)
    assert upcast("OrderPlaced", data, 2, 2) == data


@given(placed(ids))
def test_any_order_of_the_first_shape_reads_as_the_newest(event: OrderPlaced) -> None:
    first = msgspec.to_builtins(event, enc_hook=to_json)
    del first["currency"]
    newest = msgspec.convert(upcast("OrderPlaced", first, 1, 2), OrderPlaced, dec_hook=from_json)
    assert newest == msgspec.structs.replace(event, currency="USD")


def test_a_missing_step_is_an_error() -> None:
    with pytest.raises(KeyError):
        upcast("OrderShipped", {}, 0, 1)


@pytest.mark.parametrize("kind", EVENT_TYPES, ids=lambda kind: kind.__name__)
def test_every_older_version_of_every_event_has_an_upcaster(kind: type) -> None:
    current = kind.schema_version  # type: ignore[attr-defined]  # every event has one
    assert {version for name, version in UPCASTERS if name == kind.__name__} == set(
        range(1, current)
    )


def test_no_upcaster_is_left_without_an_event() -> None:
    assert {name for name, _ in UPCASTERS} <= {kind.__name__ for kind in EVENT_TYPES}

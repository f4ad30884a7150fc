"""Products as a reader sees them: the view and the aggregate never disagree about the stock."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from domain.aggregate import DomainError
from domain.events import Context, Recorded
from domain.product import PRODUCT, ProductCommand, ProductEvent, StockReceived, StockReserved
from projections.product_read_model import PRODUCT_READ_MODEL, ProductView
from tests.strategies.products import commands

CONTEXT = Context(correlation_id="c", causation_id="k", command_hash="0" * 64)


def recorded(version: int, event: ProductEvent) -> Recorded[ProductEvent]:
    return Recorded(
        aggregate_id="product-p",
        version=version,
        event_id=str(version),
        timestamp="2026",
        data=event,
        metadata=CONTEXT,
        hash="f" * 64,
    )


def shown(view: ProductView | None) -> Any:
    return msgspec.json.decode(msgspec.json.encode(view))


def test_a_product_is_shown_as_the_contract_says() -> None:
    view = PRODUCT_READ_MODEL.evolve(None, recorded(1, StockReceived(product_id="p", quantity=10)))
    view = PRODUCT_READ_MODEL.evolve(
        view, recorded(2, StockReserved(product_id="p", order_id="o", quantity=4))
    )
    assert shown(view) == {"productId": "p", "onHand": 10, "reserved": 4, "available": 6}


@given(st.lists(commands, max_size=15))
def test_the_view_and_the_aggregate_tell_the_same_story(sequence: list[ProductCommand]) -> None:
    state, view, version = PRODUCT.initial("p"), None, 0
    for command in sequence:
        try:
            events = PRODUCT.decide(state, command)
        except DomainError:
            continue
        state = PRODUCT.fold(state, events)
        for event in events:
            version += 1
            view = PRODUCT_READ_MODEL.evolve(view, recorded(version, event))
        answer = PRODUCT.answer(state)
        assert {name: answer[name] for name in ("onHand", "reserved", "available")} == {
            name: value for name, value in shown(view).items() if name != "productId"
        }

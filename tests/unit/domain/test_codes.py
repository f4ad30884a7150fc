"""The codes that commands name: what refuses them, all of it and nothing else."""

from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.aggregate import Aggregate, AggregateNotFound, Command, RuleViolation
from domain.order import ORDER, CancelOrder, DeliverOrder, PlaceOrder, ShipOrder
from domain.product import (
    MAX_STOCK,
    PRODUCT,
    Product,
    ReceiveStock,
    ReleaseStock,
    ReserveStock,
    ShipStock,
)
from tests.stack.commanding import an_order
from tests.strategies import orders, products

SEEN_OFTEN = st.lists(products.commands, max_size=15)


def refusals(
    aggregate: Aggregate[Any, Any, Any], commands: Iterable[Command], state: Any = None
) -> list[tuple[type[Command], str]]:
    """What refuses commands, given one after the other."""
    state, found = state or aggregate.initial("a"), []
    for command in commands:
        try:
            state = aggregate.fold(state, aggregate.decide(state, command))
        except RuleViolation as refusal:
            found.append((type(command), refusal.code))
        except AggregateNotFound:
            pass
    return found


@given(st.lists(orders.commands, max_size=8))
def test_an_order_is_refused_with_the_codes_that_its_commands_name(sequence: list[Any]) -> None:
    assert all(code in kind.codes for kind, code in refusals(ORDER, sequence))


@given(SEEN_OFTEN)
def test_a_product_is_refused_with_the_codes_that_its_commands_name(sequence: list[Any]) -> None:
    assert all(code in kind.codes for kind, code in refusals(PRODUCT, sequence))


ORDER_COMMANDS: Sequence[Command] = (
    an_order(),
    ShipOrder(tracking_number="t"),
    DeliverOrder(),
    CancelOrder(reason="r"),
)
PLACE, SHIP, DELIVER, CANCEL = ORDER_COMMANDS


@pytest.mark.parametrize("kind", [PlaceOrder, ShipOrder, DeliverOrder, CancelOrder])
def test_every_code_of_an_order_refuses_its_command_somewhere(kind: type[Command]) -> None:
    pasts = ([PLACE], [PLACE, SHIP], [PLACE, SHIP, DELIVER], [PLACE, CANCEL])
    found = [refusals(ORDER, [*past, c]) for past in pasts for c in ORDER_COMMANDS]
    codes = {code for refused in found for refusing, code in refused if refusing is kind}
    assert codes == set(kind.codes)


def test_every_code_of_a_product_refuses_its_command_somewhere() -> None:
    full = Product("p", exists=True, on_hand=MAX_STOCK)
    reserve = ReserveStock(order_id="o", quantity=1)
    more = ReserveStock(order_id="other", quantity=1_000_000)
    nobody = (ReleaseStock(order_id="nobody"), ShipStock(order_id="nobody"))
    found = refusals(PRODUCT, [ReceiveStock(quantity=1)], full)
    found += refusals(PRODUCT, [ReceiveStock(quantity=9), reserve, reserve, more, *nobody])
    assert set(found) == {(kind, code) for kind in PRODUCT.commands.values() for code in kind.codes}

"""Orders under any sequence of commands."""

from decimal import Decimal
from fractions import Fraction
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from domain.aggregate import AggregateNotFound, RuleViolation
from domain.order import ORDER, Order, OrderCommand, OrderEvent, OrderPlaced, PlaceOrder
from domain.values import Money
from tests.strategies.orders import commands, place_orders

TRANSITIONS: Final = {
    ("none", "PlaceOrder"): "placed",
    ("placed", "ShipOrder"): "shipped",
    ("placed", "CancelOrder"): "cancelled",
    ("shipped", "DeliverOrder"): "delivered",
}


def attempt(state: Order, command: OrderCommand) -> tuple[OrderEvent, ...]:
    try:
        return tuple(ORDER.decide(state, command))
    except (RuleViolation, AggregateNotFound):
        return ()


@given(st.lists(commands, max_size=6))
def test_an_order_moves_along_its_statuses_and_no_other_way(sequence: list[OrderCommand]) -> None:
    state = ORDER.initial("789")
    for command in sequence:
        events = attempt(state, command)
        expected = TRANSITIONS.get((state.status, type(command).__name__))
        state = ORDER.fold(state, events)
        assert len(events) == (expected is not None)
        assert expected is None or state.status == expected


@given(st.lists(commands, max_size=6))
def test_the_state_is_the_fold_of_the_events_and_of_nothing_else(
    sequence: list[OrderCommand],
) -> None:
    state, history = ORDER.initial("789"), list[OrderEvent]()
    for command in sequence:
        events = attempt(state, command)
        history.extend(events)
        state = ORDER.fold(state, events)
    assert state == ORDER.fold(ORDER.initial("789"), history)
    assert all(event.order_id == "789" for event in history)


@given(commands, st.lists(commands, max_size=3))
def test_deciding_twice_gives_the_same_events(
    command: OrderCommand, before: list[OrderCommand]
) -> None:
    state = ORDER.initial("789")
    for earlier in before:
        state = ORDER.fold(state, attempt(state, earlier))
    assert attempt(state, command) == attempt(state, command)


@given(place_orders)
def test_a_total_is_the_exact_sum_of_its_items(command: PlaceOrder) -> None:
    (placed,) = ORDER.decide(ORDER.initial("789"), command)
    assert isinstance(placed, OrderPlaced)
    exact = sum(Fraction(item.price) * item.quantity for item in command.items)
    assert Fraction(placed.total_amount) == exact
    assert Money(Decimal(repr(placed.total_amount.number()))) == placed.total_amount

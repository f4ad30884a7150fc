"""Products, specified: stock comes in, is held for orders, and is never promised twice."""

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.aggregate import DomainError
from domain.events import Event
from domain.product import (
    PRODUCT,
    Product,
    ProductCommand,
    ProductEvent,
    ReceiveStock,
    ReleaseStock,
    ReserveStock,
    ShipStock,
    StockReceived,
    StockReleased,
    StockReserved,
    StockShipped,
)
from tests.strategies.products import commands
from tests.unit.domain.specification import Specification, given


def product(*past: Event) -> Specification:
    return given(PRODUCT, "p", *past)


def received(quantity: int) -> StockReceived:
    return StockReceived(product_id="p", quantity=quantity)


def reserved(order_id: str, quantity: int) -> StockReserved:
    return StockReserved(product_id="p", order_id=order_id, quantity=quantity)


def released(order_id: str, quantity: int) -> StockReleased:
    return StockReleased(product_id="p", order_id=order_id, quantity=quantity)


def shipped(order_id: str, quantity: int) -> StockShipped:
    return StockShipped(product_id="p", order_id=order_id, quantity=quantity)


def test_stock_is_received_the_first_time_and_again() -> None:
    product().when(ReceiveStock(quantity=10)).then(received(10))
    product(received(10)).when(ReceiveStock(quantity=5)).then(received(5))


def test_stock_goes_up_to_a_trillion() -> None:
    almost = received(10**12 - 1_000_000)
    product(almost).when(ReceiveStock(quantity=1_000_000)).then(received(1_000_000))
    full = (almost, received(1_000_000))
    product(*full).when(ReceiveStock(quantity=1)).refused("stock-limit-exceeded")


@pytest.mark.parametrize(
    "command",
    [
        ReserveStock(order_id="o", quantity=1),
        ReleaseStock(order_id="o"),
        ShipStock(order_id="o"),
    ],
)
def test_a_product_that_was_never_received_does_not_exist(command: ProductCommand) -> None:
    product().when(command).not_found()


def test_all_that_is_available_can_be_reserved_and_not_one_more() -> None:
    past = (received(10), reserved("o-1", 4))
    product(*past).when(ReserveStock(order_id="o-2", quantity=6)).then(reserved("o-2", 6))
    product(*past).when(ReserveStock(order_id="o-2", quantity=7)).refused("insufficient-stock")


def test_an_order_has_one_reservation() -> None:
    past = (received(10), reserved("o-1", 4))
    product(*past).when(ReserveStock(order_id="o-1", quantity=1)).refused("already-reserved")


def test_an_order_reserves_again_once_its_reservation_ended() -> None:
    for ended in (released("o-1", 4), shipped("o-1", 4)):
        past = (received(10), reserved("o-1", 4), ended)
        product(*past).when(ReserveStock(order_id="o-1", quantity=1)).then(reserved("o-1", 1))


def test_a_release_gives_the_whole_reservation_back() -> None:
    past = (received(10), reserved("o-1", 4), reserved("o-2", 3))
    outcome = product(*past).when(ReleaseStock(order_id="o-1"))
    outcome.then(released("o-1", 4))
    outcome.answers(status="in_stock", onHand=10, reserved=3, available=7)


def test_a_shipment_takes_the_whole_reservation_out_of_the_house() -> None:
    past = (received(10), reserved("o-1", 4), reserved("o-2", 3))
    outcome = product(*past).when(ShipStock(order_id="o-1"))
    outcome.then(shipped("o-1", 4))
    outcome.answers(status="in_stock", onHand=6, reserved=3, available=3)


@pytest.mark.parametrize("command", [ReleaseStock(order_id="o-1"), ShipStock(order_id="o-1")])
@pytest.mark.parametrize(
    "ended", [(), (reserved("o-1", 1), released("o-1", 1)), (reserved("o-1", 1), shipped("o-1", 1))]
)
def test_without_a_reservation_there_is_nothing_to_end(
    command: ProductCommand, ended: tuple[Event, ...]
) -> None:
    product(received(10), *ended).when(command).refused("no-such-reservation")


def test_with_none_available_it_is_out_of_stock() -> None:
    outcome = product(received(4)).when(ReserveStock(order_id="o", quantity=4))
    outcome.answers(status="out_of_stock", onHand=4, reserved=4, available=0)
    product(received(4)).when(ReceiveStock(quantity=1)).answers(status="in_stock", available=5)


@for_all(st.lists(commands, max_size=20))
def test_stock_is_never_oversold_and_every_piece_is_accounted_for(
    sequence: list[ProductCommand],
) -> None:
    state, history = PRODUCT.initial("p"), list[ProductEvent]()
    for command in sequence:
        try:
            events = PRODUCT.decide(state, command)
        except DomainError:
            continue
        state = PRODUCT.fold(state, events)
        history.extend(events)
        assert 0 <= state.reserved <= state.on_hand
        assert state.reserved == sum(state.reservations.values())
        assert all(state.reservations.values())
    assert state == PRODUCT.fold(Product("p"), history)
    came = sum(event.quantity for event in history if isinstance(event, StockReceived))
    went = sum(event.quantity for event in history if isinstance(event, StockShipped))
    assert state.on_hand == came - went

"""Batches of events as a hub partition gives them to a projector."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, count, islice
from typing import Any, Final

from bench.histories import history, receipts
from domain.aggregate import Aggregate
from domain.events import Event
from domain.order import ORDER, Item, OrderDelivered, OrderPlaced, OrderShipped
from domain.product import PRODUCT
from domain.values import Money, Price
from event_store.placement import place_of
from event_store.publisher import message_body
from ops.resources import PARTITIONS

STREAMS: Final = 20
EVENTS_EACH: Final = 5
EVENTS: Final = STREAMS * EVENTS_EACH

type Batch = Sequence[bytes]
"""The bodies of hub messages: those of a stream in order, between them those of others."""
type Document = dict[str, Any]


def order_batches() -> Iterator[Batch]:
    """Orders from placing to delivery, always new ones."""
    return _batches(_streams(ORDER, order_history))


def product_batches() -> Iterator[Batch]:
    """Products that are received five times, always new ones."""
    return _batches(_streams(PRODUCT, lambda number: receipts(_identity(PRODUCT, number))))


def order_history(number: int) -> Iterator[Document]:
    """The five stored events of the n-th order."""
    order_id = _identity(ORDER, number)
    return history(ORDER.stream(order_id), _order_events(order_id, number))


def _streams(
    aggregate: Aggregate[Any, Any, Any], documents: Callable[[int], Iterator[Document]]
) -> Iterator[list[Document]]:
    """The histories of aggregates that lie on the first hub partition."""
    for number in count():
        if place_of(aggregate.stream(_identity(aggregate, number)), PARTITIONS) == 0:
            yield list(islice(documents(number), EVENTS_EACH))


def _identity(aggregate: Aggregate[Any, Any, Any], number: int) -> str:
    return f"{aggregate.name}_{number}"


def _batches(streams: Iterator[list[Document]]) -> Iterator[Batch]:
    while group := list(islice(streams, STREAMS)):
        yield [message_body(document) for document in chain(*zip(*group, strict=True))]


def _order_events(order_id: str, number: int) -> list[Event]:
    """One of ten customers buys two of 25 products; the parcel goes out three times, for want of more events."""
    price = Price("29.99")
    placed = OrderPlaced(
        order_id=order_id,
        customer_id=f"cust_{number % 10}",
        items=tuple(Item(f"prod_{(number + n) % 25}", 2, price) for n in range(2)),
        total_amount=Money(4 * price),
        currency="USD",
    )
    shipped = [OrderShipped(order_id=order_id, tracking_number=f"1Z{n}") for n in range(3)]
    return [placed, *shipped, OrderDelivered(order_id=order_id)]

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
    """Orders from placing to delivery, always new ones; each is shipped three times, to have five events."""
    return _batches(
        _streams(ORDER, lambda id_, number: history(ORDER.stream(id_), _order(id_, number)))
    )


def product_batches() -> Iterator[Batch]:
    """Products that are received five times, always new ones."""
    return _batches(_streams(PRODUCT, lambda id_, _: receipts(id_)))


def _streams(
    aggregate: Aggregate[Any, Any, Any], documents: Callable[[str, int], Iterator[Document]]
) -> Iterator[list[Document]]:
    """The histories of aggregates that lie on the first hub partition."""
    for number in count():
        identity = f"{aggregate.name}_{number}"
        if place_of(aggregate.stream(identity), PARTITIONS) == 0:
            yield list(islice(documents(identity, number), EVENTS_EACH))


def _batches(streams: Iterator[list[Document]]) -> Iterator[Batch]:
    while group := list(islice(streams, STREAMS)):
        yield [message_body(document) for document in chain(*zip(*group, strict=True))]


def _order(order_id: str, number: int) -> list[Event]:
    """Of one of ten customers, with two of 25 products."""
    price = Price("29.99")
    placed = OrderPlaced(
        order_id=order_id,
        customer_id=f"cust_{number % 10}",
        items=tuple(Item(f"prod_{(number + n) % 25}", 2, price) for n in range(2)),
        total_amount=Money(4 * price),
        currency="USD",
    )
    shipped = [OrderShipped(order_id=order_id, tracking_number=f"1Z{n}") for n in range(3)]
    return [placed, *shipped, OrderDelivered(order_id=order_id, signed_by="J. Doe")]

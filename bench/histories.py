"""Histories of aggregates, as commands would have stored them."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import batched, islice, repeat
from typing import Any, Final

from azure.cosmos.aio import ContainerProxy

from domain.aggregate import MAX_EVENTS_PER_COMMAND
from domain.events import Context, Event
from domain.product import PRODUCT, StockReceived
from domain.registry import AGGREGATES
from event_store.chain import chained
from event_store.documents import Codec, Head

CODEC: Final = Codec(AGGREGATES)
MOMENT: Final = datetime(2026, 11, 1, tzinfo=UTC)


def history(stream: str, events: Iterable[Event]) -> Iterator[dict[str, Any]]:
    """The stored events of a stream, each by a command of its own."""
    head = Head()
    for number, event in enumerate(events, 1):
        context = Context(
            correlation_id=f"correlation-{number}",
            causation_id=f"command-{number}",
            command_hash="0" * 64,
        )
        (document,) = chained(CODEC.encode(stream, head, [event], context, MOMENT), head.hash)
        head = Head(number, document["timestamp"], document["hash"])
        yield document


def receipts(product_id: str) -> Iterator[dict[str, Any]]:
    """The stored events of a product that is received again and again, without end."""
    received = StockReceived(product_id=product_id, quantity=5)
    return history(PRODUCT.stream(product_id), repeat(received))


async def write_history(events: ContainerProxy, product_id: str, length: int) -> None:
    """Stores a history of so many receipts, in batches as large as they may be."""
    documents = islice(receipts(product_id), length)
    for batch in batched(documents, MAX_EVENTS_PER_COMMAND, strict=False):
        creates: list[Any] = [("create", (document,), {}) for document in batch]
        await events.execute_item_batch(creates, PRODUCT.stream(product_id))

"""Long streams, written directly: faster than by commands, and exactly what commands would have stored."""

from datetime import UTC, datetime
from itertools import batched
from typing import Final

from domain.aggregate import MAX_EVENTS_PER_COMMAND
from domain.events import Context
from domain.product import StockReceived
from event_store.chain import chained
from event_store.documents import Codec, Head
from tests.stack.in_process import Account

MOMENT: Final = datetime(2026, 11, 1, tzinfo=UTC)


async def receive_often(account: Account, codec: Codec, product: str, times: int) -> None:
    """Gives a product a history of so many receipts of one piece each."""
    events = await account.container("events")
    stream, head = f"product-{product}", Head()
    for part in batched(range(times), MAX_EVENTS_PER_COMMAND, strict=False):
        context = Context(correlation_id="c", causation_id=f"c{part[0]}", command_hash="0" * 64)
        received = [StockReceived(product_id=product, quantity=1)] * len(part)
        documents = chained(codec.encode(stream, head, received, context, MOMENT), head.hash)
        await events.execute_item_batch([("create", (d,), {}) for d in documents], stream)
        last = documents[-1]
        head = Head(last["version"], last["timestamp"], last["hash"])

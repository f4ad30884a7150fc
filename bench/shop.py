"""Orders placed at a steady rate, and watched until the read model has them."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final

import aiohttp
import msgspec

from bench.stack import local_stack
from domain.order import ORDER
from ops.feed import Feed
from ops.resources import DATABASE
from projections.order_read_model import ORDER_READ_MODEL

LOOK_SECONDS: Final = 0.02
"""How often the read model is looked at: the resolution of what is measured."""
BODY: Final[Mapping[str, object]] = {
    "customerId": "cust_123",
    "items": [{"productId": "prod_001", "quantity": 2, "price": 29.99}],
}


class Placed(msgspec.Struct, frozen=True):
    """When an order was sent, when its event was appended, when the read model had it: seconds since the
    epoch."""

    sent: float
    appended: float
    seen: float


class Shop:
    """Places orders and watches the read model."""

    def __init__(self, session: aiohttp.ClientSession, url: str, read_model: Feed) -> None:
        self._session = session
        self._url = url
        self._read_model = read_model

    async def place(self, run: str, orders: int, per_second: float) -> list[Placed]:
        """So many orders, whose ids begin with `run`; the rate never waits for anything."""
        sent: dict[str, float] = {}
        start = time.time()
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(self._sightings(orders))
            for number in range(orders):
                await asyncio.sleep(max(0, start + number / per_second - time.time()))
                order_id = f"{run}-{number}"
                sent[ORDER.stream(order_id)] = time.time()
                group.create_task(self._place(order_id))
        seen = watching.result()
        return [Placed(at, *seen[stream]) for stream, at in sent.items()]

    async def _place(self, order_id: str) -> None:
        body = {"orderId": order_id, **BODY}
        async with self._session.post(self._url, json=body) as response:
            assert response.status == 201, await response.text()

    async def _sightings(self, orders: int) -> dict[str, tuple[float, float]]:
        """When each of so many new orders was appended, and when it came up; a steady load, whatever is
        on its way."""
        seen: dict[str, tuple[float, float]] = {}
        while len(seen) < orders:
            await self._read_model.read()
            now = time.time()
            for document in self._read_model.documents:
                seen.setdefault(document["id"], (_appended(document), now))
            await asyncio.sleep(LOOK_SECONDS)
        return seen


@asynccontextmanager
async def open_shop() -> AsyncIterator[Shop]:
    """A shop on a local stack of its own."""
    async with local_stack() as stack, stack.client() as client, aiohttp.ClientSession() as session:
        database = client.get_database_client(DATABASE)
        read_model = database.get_container_client(ORDER_READ_MODEL.container)
        yield Shop(session, f"{stack.api}/orders", Feed(read_model))


def _appended(document: Mapping[str, Any]) -> float:
    return datetime.fromisoformat(document["view"]["placedAt"]).timestamp()

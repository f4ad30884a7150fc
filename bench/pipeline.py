"""From POST to visible in the read model at 20 commands a second, beside the bare sum of its parts."""

import asyncio
import time
from collections.abc import Mapping
from typing import Final

import aiohttp

from bench.figures import Effort, Figure, at_most
from bench.measuring import percentile
from bench.pipeline_parts import Parts, measure_parts
from bench.stack import local_stack
from domain.order import ORDER
from ops.feed import Feed
from ops.resources import DATABASE

PER_SECOND: Final = 20
LOOK_SECONDS: Final = 0.02
"""How often the read model is looked at: the figures' resolution."""
POLL_MILLISECONDS: Final = 100
"""The change feed's poll delay, as `make run` sets it."""
WARM_UP: Final = 40
BODY: Final[Mapping[str, object]] = {
    "customerId": "cust_123",
    "items": [{"productId": "prod_001", "quantity": 2, "price": 29.99}],
}


async def run(effort: Effort) -> list[Figure]:
    """Orders placed at a steady rate on the whole local stack; the first two seconds warm up."""
    parts = await measure_parts(effort.of(200, 50))
    async with local_stack() as stack, stack.client() as client, aiohttp.ClientSession() as session:
        views = client.get_database_client(DATABASE).get_container_client("order_read_model")
        shop = _Shop(session, f"{stack.api}/orders", Feed(views))
        await shop.delays("warm", WARM_UP)
        delays = await shop.delays("timed", effort.of(600, 100))
    return [_figure(0.5, delays, parts, wait=0.5), _figure(0.99, delays, parts, wait=1.0)]


def _figure(share: float, delays: list[float], parts: Parts, wait: float) -> Figure:
    """`wait` is the share of the poll delay for which an event waits: half of it, at the median."""
    return Figure(
        what=f"POST to visible in the read model, p{share * 100:.0f}",
        value=1000 * percentile(delays, share),
        unit="ms",
        beside="the sum of its parts, each alone",
        beside_value=1000 * parts.sum(share) + wait * POLL_MILLISECONDS,
        aims=(at_most(1000, "value"),) if share > 0.9 else (),
    )


class _Shop:
    """Places orders and watches the read model."""

    def __init__(self, session: aiohttp.ClientSession, url: str, read_model: Feed) -> None:
        self._session = session
        self._url = url
        self._read_model = read_model

    async def delays(self, run: str, orders: int) -> list[float]:
        """Seconds from the begin of each POST until the order is visible; the rate never waits."""
        begun: dict[str, float] = {}
        start = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(self._sightings(orders))
            for number in range(orders):
                await asyncio.sleep(max(0, start + number / PER_SECOND - time.perf_counter()))
                order_id = f"{run}-{number}"
                begun[ORDER.stream(order_id)] = time.perf_counter()
                group.create_task(self._place(order_id))
        seen = watching.result()
        return [seen[stream] - at for stream, at in begun.items()]

    async def _place(self, order_id: str) -> None:
        body = {"orderId": order_id, **BODY}
        async with self._session.post(self._url, json=body) as response:
            assert response.status == 201, await response.text()

    async def _sightings(self, orders: int) -> dict[str, float]:
        """When each of so many new documents came up; a steady load, whatever is on its way."""
        seen: dict[str, float] = {}
        while len(seen) < orders:
            await self._read_model.read()
            now = time.perf_counter()
            for document in self._read_model.documents:
                seen.setdefault(document["id"], now)
            await asyncio.sleep(LOOK_SECONDS)
        return seen

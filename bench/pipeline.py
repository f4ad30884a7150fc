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

PER_SECOND: Final = 20
LOOK_SECONDS: Final = 0.01
"""How often an order is looked for once it was placed: the figures' resolution."""
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
    async with local_stack() as stack, aiohttp.ClientSession() as session:
        await _delays(session, f"{stack.api}/orders", WARM_UP)
        delays = await _delays(session, f"{stack.api}/orders", effort.of(600, 100))
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


async def _delays(session: aiohttp.ClientSession, url: str, orders: int) -> list[float]:
    """Seconds from the begin of each POST to the GET that finds the order; the rate never waits."""
    begun = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        placed = []
        for number in range(orders):
            await asyncio.sleep(max(0, begun + number / PER_SECOND - time.perf_counter()))
            placed.append(group.create_task(_until_visible(session, url)))
    return [task.result() for task in placed]


async def _until_visible(session: aiohttp.ClientSession, url: str) -> float:
    begun = time.perf_counter()
    async with session.post(url, json=BODY) as response:
        assert response.status == 201, await response.text()
        order_id = (await response.json())["orderId"]
    while True:
        async with session.get(f"{url}/{order_id}") as response:
            if response.status == 200:
                return time.perf_counter() - begun
        await asyncio.sleep(LOOK_SECONDS)

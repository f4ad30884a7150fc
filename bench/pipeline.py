"""From POST to visible in the read model at 20 commands a second, beside the bare sum of its parts."""

from typing import Final

from bench.figures import Effort, Figure, at_most
from bench.measuring import percentile
from bench.pipeline_parts import Parts, measure_parts
from bench.shop import open_shop

PER_SECOND: Final = 20
POLL_MILLISECONDS: Final = 100
"""The change feed's poll delay, as `make run` sets it."""
WARM_UP: Final = 40


async def run(effort: Effort) -> list[Figure]:
    """Orders placed at a steady rate on the whole local stack; the first two seconds warm up."""
    parts = await measure_parts(effort.of(200, 50))
    async with open_shop() as shop:
        await shop.place("warm", WARM_UP, PER_SECOND)
        placed = await shop.place("timed", effort.of(600, 100), PER_SECOND)
    delays = [order.seen - order.sent for order in placed]
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

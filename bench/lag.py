"""How far the read model is behind the event log at 50 commands a second, beside 5 a second."""

from typing import Final

from bench.figures import Effort, Figure
from bench.measuring import percentile
from bench.shop import Placed, open_shop

PER_SECOND: Final = 50
BESIDE: Final = 5
SHARES: Final = (0.5, 0.99)
WARM_UP_SECONDS: Final = 2


async def run(effort: Effort) -> list[Figure]:
    """Orders placed at both rates on the whole local stack, one rate after the other."""
    seconds = effort.of(30, 20)
    async with open_shop() as shop:
        await shop.place("warm", WARM_UP_SECONDS * PER_SECOND, PER_SECOND)
        beside = await shop.place("beside", seconds * BESIDE, BESIDE)
        timed = await shop.place("timed", seconds * PER_SECOND, PER_SECOND)
    return [
        Figure(
            what=f"from append to the read model at {PER_SECOND} commands/s, p{share * 100:.0f}",
            value=_lag(timed, share),
            unit="ms",
            beside=f"at {BESIDE} commands/s",
            beside_value=_lag(beside, share),
        )
        for share in SHARES
    ]


def _lag(orders: list[Placed], share: float) -> float:
    """A percentile in milliseconds, by the clock that machine and events share."""
    return 1000 * percentile((order.seen - order.appended for order in orders), share)

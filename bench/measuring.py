"""How things are timed."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence


def percentile(values: Iterable[float], share: float) -> float:
    """The nearest-rank percentile: at least `share` of the values are at most this."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


async def alternately(
    rounds: int, *works: Callable[[int], Awaitable[object]]
) -> tuple[list[float], ...]:
    """The seconds of each work, taken in turns: what disturbs the machine disturbs all of them."""
    taken: tuple[list[float], ...] = tuple([] for _ in works)
    for number in range(rounds):
        for work, times in zip(works, taken, strict=True):
            begun = time.perf_counter()
            await work(number)
            times.append(time.perf_counter() - begun)
    return taken


async def rate(works: Sequence[Callable[[], Awaitable[object]]], concurrency: int) -> float:
    """Works per second when so many are under way at once."""
    waiting = iter(works)

    async def one_after_another() -> None:
        for work in waiting:
            await work()

    begun = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(concurrency):
            group.create_task(one_after_another())
    return len(works) / (time.perf_counter() - begun)

"""Commands per second at a depth of 100 events, beside the plain way on the same local Cosmos DB."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from itertools import batched
from typing import Final

from bench.commanding import receive
from bench.figures import Effort, Figure, at_least
from bench.histories import write_history
from bench.plain_handler import PlainHandler
from bench.stack import local_stack
from domain.product import PRODUCT
from ops.in_process import disconnected_application
from ops.resources import DATABASE

DEPTH: Final = 100
AT_ONCE: Final = 8


async def run(effort: Effort) -> list[Figure]:
    """Eight products at a time, each at its depth of 100, ours warm; in turns, the best round of each."""
    rounds = effort.of(4, 2)
    products = [f"prod_{number}" for number in range(2 * AT_ONCE * rounds)]
    async with local_stack(functions=False) as stack, stack.client() as client:
        events = client.get_database_client(DATABASE).get_container_client("events")
        application, plain = disconnected_application(), PlainHandler(events)
        application.cosmos = client

        async def ours(product: str) -> None:
            await receive(application, product)

        async def theirs(product: str) -> None:
            await plain.receive(PRODUCT.stream(product), product, 5)

        for product in products:
            await write_history(events, product, DEPTH)
        groups = batched(products, AT_ONCE, strict=True)
        rates = [
            (await _rate(ours, next(groups)), await _rate(theirs, next(groups)))
            for _ in range(rounds)
        ]
    return [
        Figure(
            what=f"warm commands at a depth of {DEPTH} events, {AT_ONCE} at once",
            value=max(ours for ours, _ in rates),
            unit="commands/s",
            beside="the plain way",
            beside_value=max(theirs for _, theirs in rates),
            aims=(at_least(5),),
        )
    ]


async def _rate(command: Callable[[str], Awaitable[None]], products: Sequence[str]) -> float:
    """Commands per second, those of a product one after another; the first of each is not counted."""
    await asyncio.gather(*map(command, products))

    async def several(product: str) -> None:
        for _ in range(10):
            await command(product)

    begun = time.perf_counter()
    await asyncio.gather(*map(several, products))
    return 10 * len(products) / (time.perf_counter() - begun)

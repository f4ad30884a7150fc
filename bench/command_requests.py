"""Requests and request units of a command, whatever the length of its aggregate's history."""

from collections.abc import Awaitable, Callable
from itertools import count, cycle
from typing import Final

import msgspec
from azure.cosmos.aio import CosmosClient

from bench.commanding import place, receive
from bench.figures import Aim, Effort, Figure, at_most
from bench.histories import write_history
from bench.plain_handler import PlainHandler
from domain.product import PRODUCT
from local.cosmos import Cosmos
from ops.in_process import disconnected_application, in_process_cosmos
from ops.resources import DATABASE
from wiring import Application

LENGTHS: Final = (10, 1_000, 10_000)
COMMANDS: Final = 2 * PRODUCT.snapshot_every
"""Two intervals, so that their share of snapshots is in the average."""


class Cost(msgspec.Struct, frozen=True):
    """Of one command, on average; `in_all` counts the snapshots too that were taken behind its back."""

    requests: float
    in_all: float
    request_units: float


async def run(effort: Effort) -> list[Figure]:
    """Each kind of command at each length of history, beside the plain way at the same."""
    figures: list[Figure] = []
    for length in LENGTHS:
        async with in_process_cosmos() as (cosmos, client):
            figures += await _at(length, cosmos, client, effort.of(10, 2))
    return figures


async def _at(
    length: int, cosmos: Cosmos, client: CosmosClient, plain_commands: int
) -> list[Figure]:
    events = client.get_database_client(DATABASE).get_container_client("events")
    for product in ("ours", "plain"):
        await write_history(events, product, length)
    warm, cold = _application(client), _application(client, AGGREGATE_CACHE_ENTRIES="0")
    for _ in range(PRODUCT.snapshot_every):
        await receive(warm, "ours")
    handler, numbers = PlainHandler(events), count()
    plain = await _cost(
        cosmos, warm, plain_commands, lambda: handler.receive("product-plain", "plain", 5)
    )
    created = await _cost(cosmos, warm, 20, lambda: place(warm, f"order-{next(numbers)}"))
    warmed = await _cost(cosmos, warm, COMMANDS, lambda: receive(warm, "ours"))
    chilled = await _cost(cosmos, cold, COMMANDS, lambda: receive(cold, "ours"))
    others = cycle([warm, _application(client)])
    clashing = await _cost(cosmos, warm, COMMANDS, lambda: receive(next(others), "ours"))
    return [
        _requests(length, "creating", created.requests, plain, at_most(1, "value")),
        _requests(length, "warm", warmed.requests, plain, at_most(1, "value"), at_most(1 / 3)),
        _requests(length, "warm with snapshots", warmed.in_all, plain, at_most(1.05, "value")),
        _requests(length, "cold", chilled.requests, plain, at_most(3, "value")),
        _requests(length, "with a conflict", clashing.requests, plain),
        *(
            _units(length, kind, cost, plain)
            for kind, cost in (
                ("creating", created),
                ("warm", warmed),
                ("cold", chilled),
                ("with a conflict", clashing),
            )
        ),
    ]


def _application(client: CosmosClient, **preferences: str) -> Application:
    application = disconnected_application(**preferences)
    application.cosmos = client
    return application


async def _cost(
    cosmos: Cosmos, application: Application, times: int, command: Callable[[], Awaitable[None]]
) -> Cost:
    """What commands ask of Cosmos DB; reading a container's own properties, once each, aside."""
    await command()
    await application.snapshotter.settled()
    cosmos.stats.reset()
    for _ in range(times):
        await command()
        await application.snapshotter.settled()
    stats = cosmos.stats.snapshot()
    in_all = sum(number for kind, number in stats["requests"].items() if kind != "metadata")
    snapshots = stats["requests"]["upsert"]
    return Cost((in_all - snapshots) / times, in_all / times, stats["request_units"] / times)


def _requests(length: int, kind: str, value: float, plain: Cost, *aims: Aim) -> Figure:
    return Figure(
        what=f"{kind}, at {length:,} events",
        value=value,
        unit="requests",
        beside="the plain way",
        beside_value=plain.requests,
        aims=aims,
    )


def _units(length: int, kind: str, cost: Cost, plain: Cost) -> Figure:
    return Figure(
        what=f"{kind}, at {length:,} events",
        value=cost.request_units,
        unit="RU",
        beside="the plain way",
        beside_value=plain.request_units,
    )

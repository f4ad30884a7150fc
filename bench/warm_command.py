"""A warm command over HTTP beside one bare SDK batch to the same local Cosmos DB."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

import aiohttp
from azure.cosmos.aio import CosmosClient

from bench.figures import Aim, Effort, Figure, at_most
from bench.histories import receipts
from bench.measuring import alternately, percentile
from bench.stack import local_stack
from event_store.documents import document_id
from local.provision import create_containers, load

PRODUCT_ID: Final = "prod_001"
BARE: Final = "bare"
"""A database of its own, with the same containers: the app does not follow it."""

QUIET_SECONDS: Final = 0.3
"""Longer than the feed's poll delay and what follows it."""


async def run(effort: Effort) -> list[Figure]:
    """One client, a command and a batch in turns; the first tenth of each warms up.

    At rest, each command comes when what the one before set in motion is over; back to back, the same
    host forwards and projects meanwhile.
    """
    async with local_stack() as stack, stack.client() as client, aiohttp.ClientSession() as session:
        command = _command(session, f"{stack.api}/products/{PRODUCT_ID}/receive")
        batch = await _bare_batch(client)

        async def pause(_: int) -> None:
            await asyncio.sleep(QUIET_SECONDS)

        at_rest = await alternately(effort.of(200, 40), command, pause, batch)
        busy = await alternately(effort.of(1000, 200), command, batch)
    return [
        _figure("at rest", at_rest[0], at_rest[2], at_most(1.5)),
        _figure("back to back", busy[0], busy[1]),
    ]


def _figure(when: str, commands: list[float], batches: list[float], *aims: Aim) -> Figure:
    warm = len(commands) // 10
    return Figure(
        what=f"warm command over HTTP, {when}, p50",
        value=1000 * percentile(commands[warm:], 0.5),
        unit="ms",
        beside="one bare SDK batch",
        beside_value=1000 * percentile(batches[warm:], 0.5),
        aims=aims,
    )


def _command(session: aiohttp.ClientSession, url: str) -> Callable[[int], Awaitable[None]]:
    async def receive(_: int) -> None:
        async with session.post(url, json={"quantity": 5}) as response:
            assert response.status < 300, await response.text()
            await response.read()

    return receive


async def _bare_batch(client: CosmosClient) -> Callable[[int], Awaitable[None]]:
    """The append of a warm command and nothing else: the read of the head, the create of an event."""
    await create_containers(client, {**load(), "database": BARE})
    container = client.get_database_client(BARE).get_container_client("events")
    documents = receipts(PRODUCT_ID)
    await container.create_item(next(documents))

    async def append(_: int) -> None:
        document = next(documents)
        head = document_id(document["version"] - 1)
        operations: Any = [("read", (head,), {}), ("create", (document,), {})]
        await container.execute_item_batch(operations, partition_key=document["aggregateId"])

    return append

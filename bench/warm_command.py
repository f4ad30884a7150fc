"""A warm command over HTTP beside one bare SDK batch to the same local Cosmos DB."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import aiohttp
from azure.cosmos.aio import CosmosClient

from bench.figures import Effort, Figure, at_most
from bench.histories import receipts
from bench.measuring import alternately, percentile
from bench.stack import local_stack
from event_store.documents import document_id
from local.provision import create_containers, load

PRODUCT_ID: Final = "prod_001"
BARE: Final = "bare"
"""A database of its own, with the same containers: the app does not follow it."""


async def run(effort: Effort) -> list[Figure]:
    """One client, one request at a time, in turns; the first tenth warms up and is not counted."""
    async with local_stack() as stack, stack.client() as client, aiohttp.ClientSession() as session:
        command = _command(session, f"{stack.api}/products/{PRODUCT_ID}/receive")
        batch = await _bare_batch(client)
        rounds = effort.of(1000, 200)
        commands, batches = await alternately(rounds, command, batch)
    warm = rounds // 10
    return [
        _figure(share, commands[warm:], batches[warm:], limit)
        for share, limit in ((0.5, 1.5), (0.99, None))
    ]


def _figure(
    share: float, commands: list[float], batches: list[float], limit: float | None
) -> Figure:
    return Figure(
        what=f"warm command over HTTP, p{share:.0%}".rstrip("%"),
        value=1000 * percentile(commands, share),
        unit="ms",
        beside="one bare SDK batch",
        beside_value=1000 * percentile(batches, share),
        aims=(at_most(limit),) if limit else (),
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

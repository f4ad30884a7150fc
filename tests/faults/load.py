"""Callers who do not give up: each repeats a command under its key until it is answered."""

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass, field
from random import Random
from typing import Any

import aiohttp
from azure.cosmos.aio import CosmosClient, DatabaseProxy

from local.cosmos import EMULATOR_KEY
from ops.resources import DATABASE
from tests.stack import folds
from tests.stack.client import PATIENCE, Client, Reply, an_order
from tests.stack.local_azure import LocalAzure
from tests.stack.streams import assert_sound

CALLERS = 8
PRODUCTS = ("bolts", "nuts")
LOOK_SECONDS = 0.5
"""Between two looks at all that is kept."""


@dataclass
class Load:
    """What callers do until they are told to stop, and what they were told: versions by path, commands
    by key. `pause` seconds lie between two tries of an unanswered command, `rest` seconds behind an answer.
    """

    client: Client
    random: Random
    acknowledged: defaultdict[str, dict[str, Reply]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    pause: float = 0.1
    rest: float = 0.03
    stopping: bool = False
    tries: int = 0

    async def run(self) -> None:
        """Runs the callers until `stopping`; what is under way is brought to its end."""
        await asyncio.gather(*(self._caller(f"c{n}") for n in range(CALLERS)))

    async def _caller(self, name: str) -> None:
        for n in range(1_000_000):
            if self.stopping:
                return
            order = f"{name}-{n}"
            await self._command(f"/orders/{order}", "", an_order(orderId=order))
            match self.random.randrange(4):
                case 0:
                    await self._command(f"/orders/{order}", "/ship", {"trackingNumber": order})
                case 1:
                    await self._command(f"/orders/{order}", "/cancel", {"reason": order})
                case _:
                    product = f"/products/{self.random.choice(PRODUCTS)}"
                    await self._command(product, "/receive", {"quantity": 1})

    async def _command(self, path: str, verb: str, body: dict[str, Any]) -> None:
        """One command, once, whatever it takes."""
        key = f"key-{self.tries}-{self.random.getrandbits(64):x}"
        target = f"{path}{verb}" if verb else "/orders"
        while True:
            self.tries += 1
            try:
                reply = await self.client.post(target, body, Idempotency_Key=key)
            except aiohttp.ClientError:
                await asyncio.sleep(self.pause)
                continue
            if reply.status != 503:
                assert reply.status in (200, 201), reply.content
                self.acknowledged[path][key] = reply
                await asyncio.sleep(self.rest)
                return
            await asyncio.sleep(self.pause)

    async def check(self, stack: LocalAzure) -> None:
        """Every acknowledged command is one event, no stream has a gap or a twin, and every read model
        becomes the fold of the log, to the cent; over HTTP too."""
        assert sum(map(len, self.acknowledged.values())) > 2 * CALLERS, "there was no load"
        async with CosmosClient(stack.cosmos_address, EMULATOR_KEY) as cosmos:
            database = cosmos.get_database_client(DATABASE)
            await self._check_streams(database)
            await _check_read_models(database)
        for path, replies in self.acknowledged.items():
            newest = max(reply.body["version"] for reply in replies.values())
            assert (await self.client.read_model(path, newest)).body["version"] == newest

    async def _check_streams(self, database: DatabaseProxy) -> None:
        """What was acknowledged is stored as it was told, and nothing else is."""
        events = database.get_container_client("events")
        found = events.query_items("SELECT * FROM c", max_item_count=-1)
        streams: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        async for document in found:
            streams[document["aggregateId"]].append(document)
        for path, replies in self.acknowledged.items():
            stream = sorted(streams.pop(_stream(path)), key=lambda document: document["version"])
            assert_sound(stream)
            assert {document["metadata"]["causationId"] for document in stream} == set(replies)
            for document in stream:
                told = replies[document["metadata"]["causationId"]].body
                assert [event["eventId"] for event in told["events"]] == [document["eventId"]]
                assert told["version"] == document["version"]
        assert not streams, "nothing is stored that was not asked for"


async def _check_read_models(database: DatabaseProxy) -> None:
    """Waits until each holds the fold of the log."""
    wanted = folds.folded(await folds.log(database))
    assert all(wanted.values()), "the load concerns every read model"
    deadline = time.monotonic() + PATIENCE
    while True:
        held = await folds.stored(database)
        if held == wanted or time.monotonic() > deadline:
            break
        await asyncio.sleep(LOOK_SECONDS)
    assert held == wanted


def _stream(path: str) -> str:
    """`/orders/1` is the stream `order-1`."""
    collection, identity = path.strip("/").split("/")
    return f"{collection.removesuffix('s')}-{identity}"

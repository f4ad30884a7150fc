"""The application in process: the real wiring and the real SDK over a local Cosmos DB in memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from random import Random
from typing import Any, Final

from azure.core.pipeline.transport import HttpRequest
from azure.cosmos.aio import CosmosClient

import settings
from local import provision
from local.cosmos import EMULATOR_KEY, Cosmos, InProcessTransport, connection_string
from local.cosmos.in_process import InProcessResponse
from wiring import Application

ADDRESS: Final = "http://127.0.0.1/"

ENVIRONMENT: Final = {
    "CosmosDB": connection_string(ADDRESS),
    "EventHub": "Endpoint=sb://127.0.0.1/;SharedAccessKeyName=n;SharedAccessKey=k;",
    "COSMOS_DATABASE": "EventSourcingDB",
    "EVENT_HUB_NAME": "domain-events",
}


class Interleaving(InProcessTransport):
    """Lets other work go on before and after each request, as a network does: up to two turns."""

    def __init__(self, cosmos: Cosmos, random: Random) -> None:
        super().__init__(cosmos)
        self._random = random

    async def send(self, request: HttpRequest, **options: Any) -> InProcessResponse:
        await self._elsewhere()
        response = await super().send(request, **options)
        await self._elsewhere()
        return response

    async def _elsewhere(self) -> None:
        for _ in range(self._random.randrange(3)):
            await asyncio.sleep(0)


class Account:
    """A Cosmos DB account with the application's containers, and instances of the application on it."""

    def __init__(self, cosmos: Cosmos, clients: AsyncExitStack) -> None:
        self.cosmos = cosmos
        self._clients = clients
        self._random = Random(0)

    async def instance(self, **environment: str) -> Application:
        """A new instance, as after a start: nothing cached, a client of its own.

        Its first requests for metadata are done.
        """
        application = Application(settings.read(ENVIRONMENT | environment))
        application.cosmos = await self.client()
        await application.event_store.ping()
        return application

    async def client(self) -> CosmosClient:
        """A client that is closed with the account."""
        transport = Interleaving(self.cosmos, self._random)
        client = CosmosClient(ADDRESS, EMULATOR_KEY, transport=transport, retry_backoff_max=1)
        return await self._clients.enter_async_context(client)

    async def stream(self, name: str) -> list[dict[str, Any]]:
        """A stream's documents, in the order of their versions."""
        database = (await self.client()).get_database_client(ENVIRONMENT["COSMOS_DATABASE"])
        found = database.get_container_client("events").query_items(
            "SELECT * FROM c ORDER BY c.version", partition_key=name, max_item_count=-1
        )
        return [document async for document in found]

    def requests(self) -> dict[str, int]:
        """How many requests of each kind there were since the last call; those for metadata aside."""
        requests: dict[str, int] = self.cosmos.stats.snapshot()["requests"]
        self.cosmos.stats.reset()
        return {kind: n for kind, n in requests.items() if n and kind != "metadata"}


@asynccontextmanager
async def account() -> AsyncIterator[Account]:
    """An account in memory that keeps the documents of one transaction in the same order each time."""
    cosmos = Cosmos(seed=0)
    try:
        async with AsyncExitStack() as clients:
            account = Account(cosmos, clients)
            await provision.create_containers(await account.client(), provision.load())
            account.requests()
            yield account
    finally:
        cosmos.close()

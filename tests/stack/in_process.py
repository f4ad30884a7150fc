"""The application in process: the real wiring and the real SDK over a local Cosmos DB in memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from random import Random
from typing import Any, Final

from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.core.pipeline.transport import HttpRequest
from azure.cosmos.aio import ContainerProxy, CosmosClient

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
    """Lets other work go on before and after each request, as a network does: up to two turns.

    A connection that is dropped breaks before the answer (the SDK sends the request again), or, with
    `broken_off`, as often in the midst of it (then it does not send a write again).
    """

    def __init__(self, cosmos: Cosmos, random: Random, *, broken_off: bool) -> None:
        super().__init__(cosmos)
        self._random = random
        self._broken_off = broken_off

    async def send(self, request: HttpRequest, **options: Any) -> InProcessResponse:
        await self._elsewhere()
        try:
            response = await super().send(request, **options)
        except ServiceRequestError as error:
            if self._broken_off and self._random.random() < 0.5:
                raise ServiceResponseError("The answer broke off", error=error) from error
            raise
        await self._elsewhere()
        return response

    async def _elsewhere(self) -> None:
        for _ in range(self._random.randrange(3)):
            await asyncio.sleep(0)


class Account:
    """A Cosmos DB account with the application's containers, and instances of the application on it."""

    def __init__(self, cosmos: Cosmos, clients: AsyncExitStack, broken_off: bool) -> None:
        self.cosmos = cosmos
        self._clients = clients
        self._random = Random(0)
        self._broken_off = broken_off
        self._reader: CosmosClient | None = None

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
        transport = Interleaving(self.cosmos, self._random, broken_off=self._broken_off)
        client = CosmosClient(ADDRESS, EMULATOR_KEY, transport=transport, retry_backoff_max=1)
        return await self._clients.enter_async_context(client)

    async def stream(self, name: str) -> list[dict[str, Any]]:
        """A stream's documents, in the order of their versions."""
        found = (await self.container("events")).query_items(
            "SELECT * FROM c ORDER BY c.version", partition_key=name, max_item_count=-1
        )
        return [document async for document in found]

    async def container(self, name: str) -> ContainerProxy:
        """A container, for looking and meddling behind the application's back."""
        if self._reader is None:
            self._reader = await self.client()
        database = self._reader.get_database_client(ENVIRONMENT["COSMOS_DATABASE"])
        return database.get_container_client(name)

    def requests(self) -> dict[str, int]:
        """How many requests of each kind there were since the last call; those for metadata aside."""
        requests: dict[str, int] = self.cosmos.stats.snapshot()["requests"]
        self.cosmos.stats.reset()
        return {kind: n for kind, n in requests.items() if n and kind != "metadata"}


@asynccontextmanager
async def account(*, broken_off: bool = False) -> AsyncIterator[Account]:
    """An account in memory, the same in every run; `broken_off` as for the transport."""
    cosmos = Cosmos(seed=0)
    try:
        async with AsyncExitStack() as clients:
            account = Account(cosmos, clients, broken_off)
            await provision.create_containers(await account.client(), provision.load())
            account.requests()
            yield account
    finally:
        cosmos.close()

"""The application in process: the real wiring and the real SDK over a local Cosmos DB in memory."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from random import Random
from typing import Any, Final

from azure.cosmos.aio import ContainerProxy, CosmosClient

import settings
from clients import COSMOS_OPTIONS
from event_store.archive import Archive
from local import provision
from local.cosmos import EMULATOR_KEY, Cosmos, connection_string
from privacy.key_ring import KeyRing
from tests.fakes.blobs import FakeBlobs
from tests.fakes.hub import FakeHub
from tests.fakes.keys import FakeKeySource
from tests.stack.transport import Interleaving
from wiring import Application

ADDRESS: Final = "http://127.0.0.1/"

ENVIRONMENT: Final = {
    "CosmosDB": connection_string(ADDRESS),
    "EventHub": "Endpoint=sb://127.0.0.1/;SharedAccessKeyName=n;SharedAccessKey=k;",
    "ARCHIVE__blobServiceUri": "file:///nowhere/archive",
    "KEY_VAULT_URL": "file:///nowhere/keys.json",
    "COSMOS_DATABASE": "EventSourcingDB",
    "EVENT_HUB_NAME": "domain-events",
}


type Transport = Callable[[Cosmos, Random], Interleaving]


class Account:
    """A Cosmos DB account with the application's containers, and instances of the application on it."""

    def __init__(self, cosmos: Cosmos, clients: AsyncExitStack, transport: Transport) -> None:
        self.cosmos = cosmos
        self.keys = FakeKeySource()
        self.blobs = FakeBlobs()
        self.hub = FakeHub()
        self._clients = clients
        self._random = Random(0)
        self._transport = transport
        self._reader: CosmosClient | None = None

    async def instance(self, transport: Transport | None = None, **environment: str) -> Application:
        """A new instance, as after a start: nothing cached, a client of its own.

        Its first requests for metadata are done.
        """
        application = Application(settings.read(ENVIRONMENT | environment))
        application.cosmos = await self.client(transport)
        application.key_ring = KeyRing(self.keys)
        application.archive = Archive(self.blobs)
        application.publisher = self.hub
        await application.event_store.ping()
        return application

    async def client(self, transport: Transport | None = None) -> CosmosClient:
        """A client that is closed with the account."""
        door = (transport or self._transport)(self.cosmos, self._random)
        client = CosmosClient(
            ADDRESS, EMULATOR_KEY, transport=door, **(COSMOS_OPTIONS | {"retry_backoff_max": 1})
        )
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

    async def documents(self, container: str) -> list[dict[str, Any]]:
        """Everything in a container."""
        found = (await self.container(container)).query_items("SELECT * FROM c", max_item_count=-1)
        return [document async for document in found]

    def requests(self) -> dict[str, int]:
        """How many requests of each kind there were since the last call; those for metadata aside."""
        requests = self.cosmos.stats.snapshot()["requests"]
        self.cosmos.stats.reset()
        return _counted(requests)

    def requests_to(self, container: str) -> dict[str, int]:
        """The same of one container; the others' are forgotten."""
        containers = self.cosmos.stats.snapshot()["containers"]
        self.cosmos.stats.reset()
        return _counted(containers[container]["requests"]) if container in containers else {}


def _counted(requests: dict[str, int]) -> dict[str, int]:
    return {kind: n for kind, n in requests.items() if n and kind != "metadata"}


@asynccontextmanager
async def account(
    clock: Callable[[], float] = time.time, transport: Transport = Interleaving
) -> AsyncIterator[Account]:
    """An account in memory, the same in every run; `transport` is its clients' door to it.

    `clock` is its time, in seconds since the epoch.
    """
    cosmos = Cosmos(seed=0, clock=clock)
    try:
        async with AsyncExitStack() as clients:
            account = Account(cosmos, clients, transport)
            await provision.create_containers(await account.client(), provision.load())
            account.requests()
            yield account
    finally:
        cosmos.close()

"""A container of its own for every test, on the endpoint under test.

CONFORMANCE_COSMOS names the endpoint by a connection string (an emulator, an account). Without it, the
local server answers, once through each of its doors.
"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy, CosmosClient, DatabaseProxy

from local.cosmos import EMULATOR_KEY, Cosmos, InProcessTransport, serve

_CONNECTION_STRING = os.environ.get("CONFORMANCE_COSMOS")
_DOORS = ["given endpoint"] if _CONNECTION_STRING else ["http", "in process"]

type MakeContainer = Callable[..., Awaitable[ContainerProxy]]


@asynccontextmanager
async def _client(door: str) -> AsyncIterator[CosmosClient]:
    async with AsyncExitStack() as stack:
        if _CONNECTION_STRING:
            client = CosmosClient.from_connection_string(_CONNECTION_STRING)
        else:
            cosmos = Cosmos()
            stack.callback(cosmos.close)
            if door == "http":
                endpoint = (await stack.enter_async_context(serve(cosmos))).endpoint
                client = CosmosClient(endpoint, EMULATOR_KEY)
            else:
                transport = InProcessTransport(cosmos)
                client = CosmosClient("http://local/", EMULATOR_KEY, transport=transport)
        yield await stack.enter_async_context(client)


@pytest.fixture(params=_DOORS)
async def client(request: pytest.FixtureRequest) -> AsyncIterator[CosmosClient]:
    async with _client(request.param) as client:
        yield client


@pytest.fixture
async def database(client: CosmosClient) -> AsyncIterator[DatabaseProxy]:
    name = f"conformance-{uuid4().hex[:8]}"
    database = await client.create_database(name)
    yield database
    await client.delete_database(name)


@pytest.fixture
def make_container(database: DatabaseProxy) -> MakeContainer:
    async def make(partition_key: str | list[str] = "/pk", **options: Any) -> ContainerProxy:
        name = f"c-{uuid4().hex[:8]}"
        proxy: ContainerProxy = await database.create_container(
            name, PartitionKey(partition_key), **options
        )
        return proxy

    return make


@pytest.fixture
async def container(make_container: MakeContainer) -> ContainerProxy:
    return await make_container()

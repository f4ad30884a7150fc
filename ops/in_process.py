"""The application over a Cosmos DB within this process: for what measures it."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from typing import Final

from azure.cosmos.aio import CosmosClient

import settings
from local import provision
from local.cosmos import EMULATOR_KEY, Cosmos, InProcessTransport, connection_string
from ops.resources import DATABASE, HUB
from privacy.errors import KeysUnavailable
from privacy.key_ring import KeyRing, WrappingKey
from privacy.sealing import KEY_BYTES
from wiring import Application

ADDRESS: Final = "http://127.0.0.1/"
ENVIRONMENT: Final[Mapping[str, str]] = {
    "CosmosDB": connection_string(ADDRESS),
    "EventHub": "Endpoint=sb://127.0.0.1/;SharedAccessKeyName=n;SharedAccessKey=k;",
    "ARCHIVE__blobServiceUri": "file:///nowhere/archive",
    "KEY_VAULT_URL": "file:///nowhere/keys.json",
    "COSMOS_DATABASE": DATABASE,
    "EVENT_HUB_NAME": HUB,
}
"""Settings that are well-formed and lead nowhere: what measures puts clients in their place."""


def disconnected_application(**preferences: str) -> Application:
    """The application with settings that lead nowhere; `preferences` are further settings."""
    application = Application(settings.read({**ENVIRONMENT, **preferences}))
    application.key_ring = KeyRing(_OneKey())
    return application


class _OneKey:
    """A key source for as long as the process lives."""

    def __init__(self) -> None:
        self._key = WrappingKey("1", os.urandom(KEY_BYTES))

    async def newest(self) -> WrappingKey:
        return self._key

    async def version(self, version: str) -> WrappingKey:
        return self._key

    async def rotate(self) -> WrappingKey:
        raise KeysUnavailable("This key is the only one.")


@asynccontextmanager
async def in_process_cosmos() -> AsyncIterator[tuple[Cosmos, CosmosClient]]:
    """A Cosmos DB in memory with the application's containers, and a client of it."""
    with closing(Cosmos(seed=0)) as cosmos:
        transport = InProcessTransport(cosmos)
        async with CosmosClient(ADDRESS, EMULATOR_KEY, transport=transport) as client:
            await provision.create_containers(client, provision.load())
            yield cosmos, client

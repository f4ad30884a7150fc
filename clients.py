"""Clients of Azure's services, each made once, when it is first needed: heavy SDKs load where they are used."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from event_store import request_units
from event_store.blobs import AzureBlobs, Blobs, FolderBlobs, Tier
from privacy.key_file import KeyFile
from privacy.key_ring import KeyRing
from privacy.key_vault import KeyVault, secret_client
from projections.table_cache import PATIENCE, TABLE
from settings import Settings

if TYPE_CHECKING:
    from aiohttp import ClientSession
    from azure.core.pipeline.transport import AioHttpTransport
    from azure.cosmos.aio import ContainerProxy, CosmosClient
    from azure.data.tables.aio import TableClient
    from azure.eventhub.aio import EventHubProducerClient
    from azure.identity.aio import DefaultAzureCredential
    from azure.storage.blob.aio import BlobServiceClient

CLIENTS: Final = ("cosmos", "archive_cosmos", "http", "producer", "table")
THROTTLE_PATIENCE: Final = 5
"""Seconds for which the SDK itself waits out throttling, so that a caller hears of it in time."""
COSMOS_OPTIONS: Final[dict[str, Any]] = {
    "retry_backoff_max": THROTTLE_PATIENCE,
    "raw_response_hook": request_units.count,
}


class Clients:
    """The clients that one set of settings leads to. In Azure each signs in by a managed identity."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._containers: dict[str, ContainerProxy] = {}
        self._blob_services: dict[str | None, BlobServiceClient] = {}
        self._credentials: dict[str | None, DefaultAzureCredential] = {}

    @cached_property
    def cosmos(self) -> "CosmosClient":
        return self._cosmos(self._identity)

    @cached_property
    def archive_cosmos(self) -> "CosmosClient":
        """The archive's own: it signs in as ARCHIVE__clientId, where that is set."""
        return self._cosmos(self._archive_identity)

    @property
    def _archive_identity(self) -> str | None:
        return self.settings.archive.client_id or self._identity

    @property
    def _identity(self) -> str | None:
        return self.settings.cosmos.client_id

    @cached_property
    def key_ring(self) -> KeyRing:
        address = self.settings.key_vault_url
        url = urlsplit(address)
        if url.scheme == "file":
            return KeyRing(KeyFile(Path(unquote(url.path))))
        return KeyRing(KeyVault(secret_client(address, self._credential(self._identity))))

    def _blobs(self, container: str, tier: Tier, identity: str | None = None) -> Blobs:
        """A container of blobs, for an identity: the application's own, if no other."""
        folder = urlsplit(self.settings.archive.address or "")
        if folder.scheme == "file":
            return FolderBlobs(Path(unquote(folder.path)) / container)
        service = self._blob_service(identity or self._identity)
        return AzureBlobs(service.get_container_client(container), tier)

    @cached_property
    def http(self) -> "ClientSession":
        from aiohttp import ClientSession, DummyCookieJar

        return ClientSession(cookie_jar=DummyCookieJar())

    @cached_property
    def table(self) -> "TableClient":
        from azure.data.tables.aio import TableClient

        connection = self.settings.read_model_cache
        assert connection is not None
        options: dict[str, Any] = {"connection_timeout": PATIENCE, "retry_total": 0}
        if connection.connection_string:
            return TableClient.from_connection_string(
                connection.connection_string, TABLE, **options
            )
        assert connection.address is not None
        credential = self._credential(connection.client_id)
        return TableClient(connection.address, TABLE, credential=credential, **options)

    @cached_property
    def producer(self) -> "EventHubProducerClient":
        from azure.eventhub.aio import EventHubProducerClient

        connection, hub = self.settings.event_hub, self.settings.event_hub_name
        if connection.connection_string:
            return EventHubProducerClient.from_connection_string(
                connection.connection_string, eventhub_name=hub
            )
        assert connection.address is not None
        credential = self._credential(connection.client_id)
        return EventHubProducerClient(connection.address, hub, credential)

    def _container(self, name: str) -> "ContainerProxy":
        """The client of a container; one each, because it caches what it knows of the container."""
        if name not in self._containers:
            database = self.cosmos.get_database_client(self.settings.cosmos_database)
            self._containers[name] = database.get_container_client(name)
        return self._containers[name]

    def _cosmos(self, identity: str | None) -> "CosmosClient":
        from azure.cosmos.aio import CosmosClient

        connection, options = self.settings.cosmos, {**COSMOS_OPTIONS, "transport": _transport()}
        if connection.connection_string:
            return CosmosClient.from_connection_string(connection.connection_string, **options)
        assert connection.address is not None
        return CosmosClient(connection.address, self._credential(identity), **options)

    def _blob_service(self, identity: str | None) -> "BlobServiceClient":
        """One for each identity."""
        from azure.storage.blob.aio import BlobServiceClient

        if identity not in self._blob_services:
            connection = self.settings.archive
            if connection.connection_string:
                client = BlobServiceClient.from_connection_string(connection.connection_string)
            else:
                assert connection.address is not None
                client = BlobServiceClient(connection.address, self._credential(identity))
            self._blob_services[identity] = client
        return self._blob_services[identity]

    def _credential(self, identity: str | None) -> "DefaultAzureCredential":
        """One for each identity: it remembers its tokens."""
        from azure.identity.aio import DefaultAzureCredential

        if identity not in self._credentials:
            credential = DefaultAzureCredential(managed_identity_client_id=identity)
            self._credentials[identity] = credential
        return self._credentials[identity]

    async def close(self) -> None:
        """Closes every client that was made. Only a command line has to: a function app never ends."""
        made = [self.__dict__[name] for name in CLIENTS if name in self.__dict__]
        for client in (*made, *self._blob_services.values(), *self._credentials.values()):
            await client.close()


def _transport() -> "AioHttpTransport":
    """The SDK's own. Whether the environment names a proxy is looked up here and not at each request, for
    which aiohttp would read ~/.netrc in a thread, a fifth of a request's processor time."""
    from urllib.request import getproxies

    from azure.core.pipeline.transport import AioHttpTransport

    return AioHttpTransport(use_env_settings=bool(getproxies()))

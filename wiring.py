"""Clients and services, each made once, when it is first needed: heavy SDKs load where they are used."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import msgspec

from domain.registry import AGGREGATES
from event_store.cache import AggregateCache
from event_store.command_handler import CommandHandler
from event_store.documents import Codec
from event_store.forwarder import Forwarder
from event_store.publisher import HubPublisher
from event_store.snapshots import CosmosSnapshotStore, Snapshotter
from event_store.store import CosmosEventStore
from projections.audit_log import AUDIT_LOG
from projections.dead_letters import DeadLetters
from projections.engine import Engine
from projections.feed_reader import FeedReader
from projections.generations import GenerationStore
from projections.journal_reader import JournalReader
from projections.keepers import Keepers
from projections.positions import Positions
from projections.projection import Projection, Reaction
from projections.rebuild import Rebuilder
from projections.reconcile import LagMeter, Reconcile
from projections.redelivery import Redelivery
from projections.registry import PROJECTIONS
from projections.replay import Replayer
from projections.report_reader import ReportReader
from projections.search import Search
from projections.table_cache import PATIENCE, TABLE, TableCache
from projections.view_reader import ViewReader
from projections.webhooks import Webhooks
from settings import Connection, Settings, SettingsError

if TYPE_CHECKING:
    from aiohttp import ClientSession
    from azure.cosmos.aio import ContainerProxy, CosmosClient
    from azure.data.tables.aio import TableClient
    from azure.eventhub.aio import EventHubProducerClient
    from azure.identity.aio import DefaultAzureCredential

VERSION: Final = "0.1.0"
EVENTS: Final = "events"
SNAPSHOTS: Final = "snapshots"
PROJECTION_STATE: Final = "projection_state"
DEAD_LETTERS: Final = "deadletters"
THROTTLE_PATIENCE: Final = 5
"""Seconds for which the SDK itself waits out throttling, so that a caller hears of it in time."""


class Dependency(msgspec.Struct, frozen=True):
    """Something that the application needs: `check` returns when it is up and raises when it is not."""

    check: Callable[[], Awaitable[object]]
    commands_need_it: bool


class Application:
    """The application's services over one set of settings. Raises SettingsError."""

    version = VERSION

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        known = {aggregate.name for aggregate in AGGREGATES}
        if unknown := settings.snapshot_intervals.keys() - known:
            names = ", ".join(sorted(unknown))
            raise SettingsError([f"SNAPSHOT_INTERVALS names no aggregate: {names}"])
        self._containers: dict[str, ContainerProxy] = {}

    @cached_property
    def projections(self) -> tuple[Projection, ...]:
        """Those that the settings turn on: a reaction without a webhook is not there at all."""
        reacts = bool(self.settings.notification_webhooks)
        return tuple(p for p in PROJECTIONS if reacts or not isinstance(p, Reaction))

    @cached_property
    def codec(self) -> Codec:
        return Codec(AGGREGATES)

    @cached_property
    def event_store(self) -> CosmosEventStore:
        return CosmosEventStore(self._container(EVENTS), self.codec, lambda: datetime.now(UTC))

    @cached_property
    def command_handler(self) -> CommandHandler:
        return CommandHandler(
            self.event_store,
            self.snapshotter,
            AggregateCache(
                self.settings.aggregate_cache_entries, self.settings.aggregate_cache_bytes
            ),
        )

    @cached_property
    def snapshotter(self) -> Snapshotter:
        store = CosmosSnapshotStore(self._container(SNAPSHOTS))
        return Snapshotter(store, self.settings.snapshot_intervals)

    @cached_property
    def forwarder(self) -> Forwarder:
        return Forwarder(self.event_store, self.publisher)

    @cached_property
    def publisher(self) -> HubPublisher:
        return HubPublisher(self.producer)

    @cached_property
    def keepers(self) -> Keepers:
        return Keepers(self._container, self.settings.shards, self.webhooks.post, self.cache)

    @cached_property
    def generations(self) -> GenerationStore:
        return GenerationStore(self._container(PROJECTION_STATE))

    @cached_property
    def dead_letters(self) -> DeadLetters:
        return DeadLetters(self._container(DEAD_LETTERS))

    @cached_property
    def engine(self) -> Engine:
        return Engine(self.event_store, self.keepers, self.generations, self.dead_letters)

    @cached_property
    def view_reader(self) -> ViewReader:
        return ViewReader(self.event_store, self.keepers, self.generations, self.cache)

    @cached_property
    def replayer(self) -> Replayer:
        return Replayer(self.projections, self.dead_letters, self.engine, self.codec)

    @cached_property
    def redelivery(self) -> Redelivery:
        return Redelivery(self.projections, self.dead_letters, self.replayer)

    @cached_property
    def journal_reader(self) -> JournalReader:
        return JournalReader(AUDIT_LOG, self.keepers, self.generations)

    @cached_property
    def search(self) -> Search:
        return Search(self.keepers, self.generations)

    @cached_property
    def report_reader(self) -> ReportReader:
        return ReportReader(self.keepers, self.generations)

    @cached_property
    def feed_reader(self) -> FeedReader:
        return FeedReader(self._container(EVENTS))

    @cached_property
    def positions(self) -> Positions:
        return Positions(self._container(PROJECTION_STATE))

    @cached_property
    def reconcile(self) -> Reconcile:
        behind = self.settings.reconcile_behind_seconds
        return Reconcile(self.feed_reader, self.positions, self.codec, self.engine, behind)

    @cached_property
    def lag_meter(self) -> LagMeter:
        return LagMeter(
            self.feed_reader,
            self.positions,
            self.codec,
            self.keepers,
            self.generations,
            self.dead_letters,
        )

    @cached_property
    def rebuilder(self) -> Rebuilder:
        return Rebuilder(
            self._container(PROJECTION_STATE),
            self.feed_reader,
            self.positions,
            self.codec,
            self.engine,
            self.keepers,
            self.generations,
            self.dead_letters,
        )

    @cached_property
    def cache(self) -> TableCache | None:
        return TableCache(self.table) if self.settings.read_model_cache else None

    @cached_property
    def webhooks(self) -> Webhooks:
        urls, secrets = self.settings.notification_webhooks, self.settings.notification_secrets
        return Webhooks(urls, secrets, lambda: self.http)

    @cached_property
    def dependencies(self) -> Mapping[str, Dependency]:
        return {
            "cosmos": Dependency(self.event_store.ping, commands_need_it=True),
            "eventHubs": Dependency(self.publisher.ping, commands_need_it=False),
        }

    @cached_property
    def cosmos(self) -> "CosmosClient":
        from azure.cosmos.aio import CosmosClient

        connection = self.settings.cosmos
        if connection.connection_string:
            return CosmosClient.from_connection_string(
                connection.connection_string, retry_backoff_max=THROTTLE_PATIENCE
            )
        assert connection.address is not None
        return CosmosClient(
            connection.address, _credential(connection), retry_backoff_max=THROTTLE_PATIENCE
        )

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
        credential = _credential(connection)
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
        return EventHubProducerClient(connection.address, hub, _credential(connection))

    def _container(self, name: str) -> "ContainerProxy":
        """The client of a container; one each, because it caches what it knows of the container."""
        if name not in self._containers:
            database = self.cosmos.get_database_client(self.settings.cosmos_database)
            self._containers[name] = database.get_container_client(name)
        return self._containers[name]


def _credential(connection: Connection) -> "DefaultAzureCredential":
    from azure.identity.aio import DefaultAzureCredential

    return DefaultAzureCredential(managed_identity_client_id=connection.client_id)

"""The application's services, each made once, when it is first needed."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Final

import msgspec

from clients import Clients
from custody.archive_job import ArchiveJob
from custody.archive_run import ArchiveRun
from custody.heads import HeadLists, HeadSigner
from custody.verification import Verification
from domain.registry import AGGREGATES
from event_store.access_log import AccessLog
from event_store.archive import Archive
from event_store.archiver import Archiver
from event_store.blobs import Blobs
from event_store.cache import AggregateCache
from event_store.command_handler import CommandHandler
from event_store.documents import Codec
from event_store.erasure_log import BlobErasureLog
from event_store.forwarder import Forwarder
from event_store.publisher import HubPublisher
from event_store.sealer import Sealer
from event_store.snapshots import CosmosSnapshotStore, Snapshotter
from event_store.store import CosmosEventStore
from event_store.subject_keys import CosmosSubjectKeys
from privacy.erasure import Eraser
from privacy.rotation import Rotation
from privacy.vault import Vault
from projections.audit_log import AUDIT_LOG
from projections.dead_letters import DeadLetters
from projections.engine import Engine
from projections.feed_reader import FeedReader
from projections.gauges import Gauges
from projections.generations import GenerationStore
from projections.journal_reader import JournalReader
from projections.keepers import Keepers
from projections.lag import LagMeter
from projections.positions import Positions
from projections.projection import Projection, Reaction
from projections.rebuild import Rebuilder
from projections.reconcile import Reconcile
from projections.redelivery import Redelivery
from projections.registry import PROJECTIONS
from projections.replay import Replayer
from projections.report_reader import ReportReader
from projections.search import Search
from projections.table_cache import TableCache
from projections.undelivered import Undelivered
from projections.view_reader import ViewReader
from projections.webhooks import Webhooks
from settings import Settings, SettingsError

VERSION: Final = "0.1.0"
EVENTS: Final = "events"
SNAPSHOTS: Final = "snapshots"
SUBJECT_KEYS: Final = "subject_keys"
PROJECTION_STATE: Final = "projection_state"
ACCESS_LOG: Final = "access_log"
DEAD_LETTERS: Final = "deadletters"
ARCHIVE: Final = "archive"
HEADS: Final = "heads"
ERASURES: Final = "erasures"
"""Containers of Blob Storage; the last two are kept under an immutability policy."""


class Dependency(msgspec.Struct, frozen=True):
    """Something that the application needs: `check` returns when it is up and raises when it is not."""

    check: Callable[[], Awaitable[object]]
    commands_need_it: bool


class Application(Clients):
    """The application's services over one set of settings. Raises SettingsError."""

    version = VERSION

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        known = {aggregate.name for aggregate in AGGREGATES}
        if unknown := settings.snapshot_intervals.keys() - known:
            names = ", ".join(sorted(unknown))
            raise SettingsError([f"SNAPSHOT_INTERVALS names no aggregate: {names}"])

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
        return CosmosEventStore(
            self._container(EVENTS),
            self.codec,
            self.sealer,
            lambda: datetime.now(UTC),
            self.archive,
        )

    @cached_property
    def sealer(self) -> Sealer:
        return Sealer(self.vault)

    @cached_property
    def vault(self) -> Vault:
        return Vault(self.key_ring, self.subject_keys)

    @cached_property
    def subject_keys(self) -> CosmosSubjectKeys:
        return CosmosSubjectKeys(self._container(SUBJECT_KEYS))

    @cached_property
    def eraser(self) -> Eraser:
        return Eraser(self.vault, self.subject_keys, BlobErasureLog(self.erasure_record))

    @cached_property
    def rotation(self) -> Rotation:
        return Rotation(self.key_ring, self.subject_keys)

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
    def access_log(self) -> AccessLog:
        return AccessLog(self._container(ACCESS_LOG))

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
    def history_reader(self) -> FeedReader:
        """The feed with archived events in full: for what begins at the beginning."""
        return FeedReader(self._container(EVENTS), self.archive)

    @cached_property
    def archive(self) -> Archive:
        return Archive(self._blobs(ARCHIVE, "Cool"))

    @cached_property
    def archiver(self) -> Archiver:
        """The only part that replaces events. In Azure no other identity may, or write to the archive."""
        database = self.archive_cosmos.get_database_client(self.settings.cosmos_database)
        events, snapshots = map(database.get_container_client, (EVENTS, SNAPSHOTS))
        archive = Archive(self._blobs(ARCHIVE, "Cool", self._archive_identity))
        return Archiver(events, snapshots, archive)

    @cached_property
    def archive_run(self) -> ArchiveRun:
        return ArchiveRun(self.feed_reader, self.positions, self.undelivered, self.archiver)

    @cached_property
    def archive_job(self) -> ArchiveJob:
        return ArchiveJob(self._container(PROJECTION_STATE), self.positions, self.archive_run)

    @cached_property
    def positions(self) -> Positions:
        return Positions(self._container(PROJECTION_STATE))

    @cached_property
    def reconcile(self) -> Reconcile:
        behind = self.settings.reconcile_behind_seconds
        return Reconcile(
            self.feed_reader, self.positions, self.codec, self.engine, self.undelivered, behind
        )

    @cached_property
    def undelivered(self) -> Undelivered:
        return Undelivered(self._container(PROJECTION_STATE), self.event_store, self.publisher)

    @cached_property
    def lag_meter(self) -> LagMeter:
        return LagMeter(
            self.feed_reader,
            self.positions,
            self.keepers,
            self.generations,
            self.dead_letters,
        )

    @cached_property
    def gauges(self) -> Gauges:
        return Gauges(self._container(EVENTS), self.lag_meter, self.dead_letters)

    @cached_property
    def rebuilder(self) -> Rebuilder:
        return Rebuilder(
            self._container(PROJECTION_STATE),
            self.history_reader,
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
    def head_lists(self) -> HeadLists:
        return HeadLists(self._blobs(HEADS, "Hot"), self.key_ring)

    @cached_property
    def head_signer(self) -> HeadSigner:
        return HeadSigner(self.feed_reader, self.positions, self.head_lists)

    @cached_property
    def verification(self) -> Verification:
        return Verification(self.feed_reader, self.archive, self.head_lists)

    @cached_property
    def erasure_record(self) -> Blobs:
        """A blob per erasure; kept apart from the database, so that a restore does not take it back."""
        return self._blobs(ERASURES, "Hot")

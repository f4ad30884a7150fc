"""Instances of the application whose archive is in memory, and for which a year has passed."""

import time
from collections.abc import Sequence
from typing import Any, Final

from custody.archive_job import ArchiveJob
from custody.archive_run import ArchiveRun, Step, Wanted
from event_store.archive import Archive, is_stub
from event_store.archiver import Archiver
from event_store.blobs import Blobs
from projections.feed_reader import FeedReader
from projections.projection import Projection
from projections.reconcile import Reconcile
from tests.stack.in_process import Account, Transport
from wiring import Application

YEAR: Final = 365
WANTED: Final = Wanted(older_than_days=30)


def next_year() -> float:
    return time.time() + YEAR * 86_400


async def instance(
    account: Account,
    transport: Transport | None = None,
    blobs: Blobs | None = None,
    **environment: str,
) -> Application:
    """An instance, a year from now; `blobs` is its archiver's own way to the archive."""
    application = await account.instance(transport, **environment)
    application.archive_cosmos = application.cosmos
    database = application.cosmos.get_database_client("EventSourcingDB")
    events = database.get_container_client("events")
    snapshots = database.get_container_client("snapshots")
    application.archiver = Archiver(events, snapshots, Archive(blobs or account.blobs))
    application.archive_run = ArchiveRun(
        application.feed_reader,
        application.positions,
        application.undelivered,
        application.archiver,
        next_year,
    )
    application.archive_job = ArchiveJob(
        database.get_container_client("projection_state"),
        application.positions,
        application.archive_run,
    )
    return application


async def reconcile(application: Application, projections: Sequence[Projection] = ()) -> None:
    """Brings reconcile's position, and some projections, to the end of the feed."""
    reconcile = Reconcile(
        FeedReader(
            application.cosmos.get_database_client("EventSourcingDB").get_container_client("events")
        ),
        application.positions,
        application.codec,
        application.engine,
        application.undelivered,
        behind_seconds=-60,
    )
    await reconcile.run(projections, seconds=60)


async def archive(application: Application, wanted: Wanted = WANTED) -> list[Step]:
    """A whole run; what it did, page by page."""
    run = application.archive_run
    old = await run.old(wanted)
    return [
        step
        for kept in run.starting(await run.beginnings())
        async for step in run.steps(kept, wanted, old)
    ]


def stubs(stream: Sequence[dict[str, Any]]) -> list[int]:
    """The versions that are stubs."""
    return [document["version"] for document in stream if is_stub(document)]

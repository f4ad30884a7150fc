"""A process that archives a year from now, to be killed: `archiving_process.py ENDPOINT FOLDER`."""

import asyncio
import sys
from pathlib import Path

import settings
from custody.archive_job import ArchiveJob
from custody.archive_run import ArchiveRun
from event_store import archiver
from local.cosmos import connection_string
from tests.stack.archiving import WANTED, next_year
from tests.stack.in_process import ENVIRONMENT
from wiring import Application


async def main(endpoint: str, folder: Path) -> None:
    """Says `begun` when there is something to be killed in, and `done` at its end."""
    environment = {
        "CosmosDB": connection_string(endpoint),
        "ARCHIVE__blobServiceUri": folder.as_uri(),
    }
    application = Application(settings.read(ENVIRONMENT | environment))
    run = ArchiveRun(
        application.feed_reader,
        application.positions,
        application.undelivered,
        application.archiver,
        next_year,
    )
    container = application.cosmos.get_database_client("EventSourcingDB")
    state = container.get_container_client("projection_state")
    job = ArchiveJob(state, application.positions, run)
    await job.start(WANTED)
    print("begun", flush=True)
    await job.step(seconds=60)
    print("done", flush=True)
    await application.close()


if __name__ == "__main__":
    archiver.EVENTS_PER_BLOB = 10  # type: ignore[misc]  # many small steps, to die between
    archiver.OPERATIONS_PER_BATCH = 3  # type: ignore[misc]
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))

"""`python -m ops archive`: old events out of Cosmos DB into Blob Storage, with stubs in their place."""

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from custody.archive_run import Step, Wanted
from event_store.publisher import RETENTION_DAYS
from ops import connected
from ops.progress import bars

if TYPE_CHECKING:
    from wiring import Application

CANNOT: Final = 2
"""The exit code where nothing was begun, or not all could be done."""


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("archive", help="move old events into Blob Storage")
    parser.add_argument(
        "--older-than-days",
        type=int,
        required=True,
        metavar="N",
        help=f"{RETENTION_DAYS} at least: what the hub still keeps stays",
    )
    parser.add_argument(
        "--keep-last",
        type=int,
        metavar="N",
        help="compaction: of living streams, what lies behind their snapshot, but for the newest N",
    )
    parser.add_argument("--dry-run", action="store_true", help="count, change nothing")
    connected.add_settings_to(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Archives; 1 when a stream was left alone because its history is not right, 2 when it can't run."""
    wanted = Wanted(options.older_than_days, options.keep_last, options.dry_run)
    return connected.run(options, partial(archive, wanted=wanted), CANNOT)


async def archive(application: "Application", wanted: Wanted) -> int:
    """Goes once through the log, and tells what went."""
    steps = []
    old = await application.archive_run.old(wanted)
    beginnings = await application.archive_run.beginnings()
    with bars("archive", len(beginnings)) as moved:
        for number, kept in enumerate(application.archive_run.starting(beginnings)):
            async for step in application.archive_run.steps(kept, wanted, old):
                steps.append(step)
                moved(number, step.kept.share, step.archived.events)
    return _told(steps, "would go" if wanted.dry_run else "went")


def _told(steps: Sequence[Step], went: str) -> int:
    events = sum(step.archived.events for step in steps)
    blobs = sum(step.archived.blobs for step in steps)
    print(f"{events} events {went} into {blobs} blobs")
    damaged = sorted({stream for step in steps for stream in step.damaged})
    for stream in damaged:
        print(f"left alone, its history is not right: {stream}", file=sys.stderr)
    return 1 if damaged else 0

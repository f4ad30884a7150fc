"""`python -m ops verify`: the proof that history is what was appended."""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from custody.verification import Restore
from event_store.documents import timestamp
from ops import connected
from ops.progress import bars

if TYPE_CHECKING:
    from custody.verification import Report
    from projections.feed_reader import Page
    from wiring import Application

WORKERS: Final = 8
CANNOT: Final = 2
"""The exit code where not all could be looked at."""


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("verify", help="prove that history was not altered")
    parser.add_argument("--workers", type=int, default=WORKERS, metavar="N")
    parser.add_argument(
        "--restored",
        type=_moment,
        nargs=2,
        action="append",
        default=[],
        metavar=("TO", "UNTIL"),
        help="the store was restored to a moment (2026-11-23T10:00:00Z), and written again from another "
        "on: lists of heads that were signed in between are left out; may be given for each restore",
    )
    connected.add_settings_to(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Names the first event of each stream that is not right; 1 when there is any, 2 when it can't run."""
    restores = [Restore(to, until) for to, until in options.restored]
    work = partial(verify, workers=max(1, options.workers), restores=restores)
    return connected.run(options, work, CANNOT)


async def verify(application: "Application", workers: int, restores: Sequence[Restore]) -> int:
    report = await _report(application, workers, restores)
    for line in lines(report):
        print(line)
    return 0 if report.sound else 1


def lines(report: "Report") -> list[str]:
    """A report for people."""
    found = [str(finding) for finding in report.findings]
    if report.lists:
        found.append(report.lists)
    found.append(
        f"{report.events} events of {report.streams} streams, {report.heads} signed heads: "
        + ("nothing found" if report.sound else f"{len(found)} findings")
    )
    if not report.heads:
        found.append("No heads are signed: a tail that was cut off would not have been seen.")
    return found


async def _report(
    application: "Application", workers: int, restores: Sequence[Restore]
) -> "Report":
    ranges = await application.verification.ranges(workers)
    with bars("verify", len(ranges)) as moved:

        def saw(number: int, page: "Page") -> None:
            moved(number, page.share, len(page.documents))

        return await application.verification.run(ranges, saw, restores)


def _moment(text: str) -> str:
    """A moment as events have it."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise argparse.ArgumentTypeError(
            f"expected a moment such as 2026-11-23T10:00:00Z, not {text!r}"
        )
    return timestamp(moment.astimezone(UTC))

"""`python -m ops verify`: the proof that history is what was appended."""

import argparse
from functools import partial
from typing import TYPE_CHECKING, Final

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
    connected.add_settings_to(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Names the first event of each stream that is not right; 1 when there is any, 2 when it can't run."""
    return connected.run(options, partial(verify, workers=max(1, options.workers)), CANNOT)


async def verify(application: "Application", workers: int) -> int:
    report = await _report(application, workers)
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


async def _report(application: "Application", workers: int) -> "Report":
    ranges = await application.verification.ranges(workers)
    with bars("verify", len(ranges)) as moved:

        def saw(number: int, page: "Page") -> None:
            moved(number, page.share, len(page.documents))

        return await application.verification.run(ranges, saw)

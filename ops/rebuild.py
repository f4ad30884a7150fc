"""`python -m ops rebuild`: builds a projection anew from the first event, and shows how far it is."""

import argparse
import sys
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from ops import connected
from projections.projection import Projection, Reaction
from projections.rebuild import PAUSE_SECONDS
from projections.registry import PROJECTIONS
from wiring import Application

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from projections.rebuild import Progress, Rebuild

STEP_SECONDS: Final = 1.0
"""How long a step takes at least; the bar moves after each."""
WORKERS: Final = 4

REBUILDABLE: Final = {
    projection.name: projection
    for projection in PROJECTIONS
    if not isinstance(projection, Reaction)
}


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "rebuild",
        help="build a projection anew beside the live one",
        description="Builds a projection anew beside the live one; readers notice nothing. It may be "
        "stopped and started again: it goes on where it was, here or by the application's own timer.",
    )
    parser.add_argument(
        "projection",
        choices=REBUILDABLE,
        metavar="PROJECTION",
        help=f"one of {', '.join(REBUILDABLE)}",
    )
    parser.add_argument(
        "--workers",
        type=_workers,
        default=WORKERS,
        metavar="N",
        help="ranges of the log that are read side by side (%(default)s); a rebuild that is under way "
        "keeps its own",
    )
    connected.add_settings_to(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Returns when the new generation is live; 1 where it was refused, 130 after Ctrl-C."""
    projection = REBUILDABLE[options.projection]
    try:
        return connected.run(
            options, partial(rebuild, projection=projection, workers=options.workers)
        )
    except KeyboardInterrupt:
        print(
            "Stopped here. The application's timer goes on with it; so does the same command.",
            file=sys.stderr,
        )
        return connected.INTERRUPTED


async def rebuild(application: Application, projection: Projection, workers: int) -> int:
    """Begins a rebuild, or goes on with the one that is under way, until the pointer has moved."""
    rebuilder = application.rebuilder
    state = await rebuilder.start(projection, workers)
    with _bar() as bar:
        task = bar.add_task(projection.name, total=1.0, events=0, rate=0.0, left="")
        while True:
            bar.update(task, **_shown(progress := await rebuilder.progress(projection)))
            if state.phase != "running":
                break
            state = await rebuilder.step(projection, STEP_SECONDS) or state
    return _ended(state, progress)


def _bar() -> "Bar":
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn
    from rich.progress import Progress as Bar

    return Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[events]:,} events, {task.fields[rate]:,.0f}/s{task.fields[left]}"),
    )


def _shown(progress: "Progress") -> dict[str, Any]:
    """The fields of the bar."""
    left = ""
    if progress.seconds_left:
        left = f", {timedelta(seconds=round(progress.seconds_left))} left"
    return {
        "completed": progress.share,
        "events": progress.events,
        "rate": progress.events_per_second,
        "left": left,
    }


def _ended(state: "Rebuild", progress: "Progress") -> int:
    name, generation = progress.projection, state.generation
    if state.phase == "refused":
        print(
            f"Generation {generation} of {name} was refused: more aggregates are parked in it than in "
            "the live one, which stays. 'python -m ops dead-letters' lists them.",
            file=sys.stderr,
        )
        return 1
    print(f"Generation {generation} of {name} is live.")
    if state.phase != "done":
        minutes = round(2 * PAUSE_SECONDS / 60)
        print(f"The application's timer clears the old one, {minutes} minutes after the change.")
    return 0


def _workers(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= 256:
        return int(text)
    raise argparse.ArgumentTypeError(f"expected a whole number from 1 to 256, not {text!r}")

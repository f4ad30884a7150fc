"""`python -m ops dead-letters`: what projections could not digest, listed and replayed."""

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from ops import connected
from projections.dead_letters import projection_of
from projections.registry import PROJECTIONS
from projections.replay import UnknownDeadLetter

if TYPE_CHECKING:
    from projections.dead_letters import DeadLetter
    from wiring import Application


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "dead-letters", help="list and replay what projections could not digest"
    )
    connected.add_settings_to(parser)
    parser.set_defaults(run=run_list)
    actions = parser.add_subparsers(title="actions")
    listing = actions.add_parser("list", help="show them (the default)")
    listing.set_defaults(run=run_list)
    replaying = actions.add_parser("replay", help="try them again")
    for action in (listing, replaying):
        connected.add_settings_to(action, default=argparse.SUPPRESS)
    which = replaying.add_mutually_exclusive_group(required=True)
    which.add_argument("id", nargs="?", metavar="ID", help="one of them")
    which.add_argument("--all", action="store_true", help="every one")
    replaying.set_defaults(run=run_replay)


def run_list(options: argparse.Namespace) -> int:
    """Prints a table."""
    return connected.run(options, show)


def run_replay(options: argparse.Namespace) -> int:
    """Prints what became of each; 1 where one did not heal or is not there."""
    work = replay_all if options.all else partial(replay_one, id_=options.id)
    return connected.run(options, work)


async def show(application: "Application") -> int:
    letters = await application.replayer.all()
    if letters:
        _print(letters)
    else:
        print("There are no dead letters.")
    return 0


async def replay_one(application: "Application", id_: str) -> int:
    if name := _off(application, id_):
        print(
            f"error: '{name}' is off in these settings, a replay would not reach it: "
            "they have to be those that the application runs with",
            file=sys.stderr,
        )
        return 1
    try:
        healed = await application.replayer.replay(id_)
    except UnknownDeadLetter as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return _outcome(id_, healed)


async def replay_all(application: "Application") -> int:
    """Goes through all of them; one that healed meanwhile has healed."""
    letters = await application.replayer.all()
    failed = 0
    for letter in letters:
        try:
            healed = await application.replayer.replay(letter.id)
        except UnknownDeadLetter:
            healed = True
        failed += _outcome(letter.id, healed)
    print(f"{len(letters) - failed} of {len(letters)} healed.")
    return 1 if failed else 0


def _outcome(id_: str, healed: bool) -> int:
    print(f"{id_}: {'healed' if healed else 'still cannot be digested'}")
    return 0 if healed else 1


def _off(application: "Application", id_: str) -> str | None:
    """The projection of a dead letter, where these settings turn it off: to the replayer it would seem
    to be gone, and its letter with it."""
    name = projection_of(id_)
    on = {projection.name for projection in application.projections}
    known = {projection.name for projection in PROJECTIONS}
    return name if name in known - on else None


def _print(letters: "Sequence[DeadLetter]") -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    for column in ("id", "kind", "of", "since", "error"):
        table.add_column(column, overflow="fold", no_wrap=column == "id")
    for letter in letters:
        table.add_row(letter.id, letter.kind, _of(letter), letter.at, letter.error)
    Console().print(table)


def _of(letter: "DeadLetter") -> str:
    """Which aggregate in which generation, or which message of the hub."""
    if letter.kind == "parked":
        return f"{letter.aggregate_id} in generation {letter.generation}"
    return f"message {letter.sequence_number} of partition {letter.partition}"

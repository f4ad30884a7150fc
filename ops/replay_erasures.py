"""`python -m ops replay-erasures`: after a restore of Cosmos DB, destroys again what it brought back."""

import argparse
from typing import TYPE_CHECKING

from ops import connected

if TYPE_CHECKING:
    from wiring import Application


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "replay-erasures",
        help="after a restore: destroy again the keys that were erased",
        description="Destroys again every key that the log of erasures names. It may be run at any time, "
        "and again: nothing is done twice.",
    )
    connected.add_settings_to(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Goes through the log of erasures."""
    return connected.run(options, replay)


async def replay(application: "Application") -> int:
    from rich.console import Console
    from rich.progress import Progress

    found = total = 0
    print("reads the log of erasures", flush=True)
    with Progress(console=Console(stderr=True)) as progress:
        bar = progress.add_task("erasures on record", total=None)
        async for _, was_there in application.eraser.replay():
            found += was_there
            total += 1
            progress.update(bar, completed=total)
        progress.update(bar, total=total, completed=total)
    print(f"{total} erasures on record, {found} keys destroyed again")
    return 0

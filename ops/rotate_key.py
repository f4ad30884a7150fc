"""`python -m ops rotate-key`: a new key-encryption key, and everybody's key wrapped by it."""

import argparse
import asyncio
import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Final

from ops import connected
from privacy.rotation import Rewrapped, Rotation

if TYPE_CHECKING:
    from rich.progress import Progress

    from privacy.key_ring import WrappingKey
    from wiring import Application

TICK: Final = 1.0
"""Seconds between two moves of the bar that waits."""


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "rotate-key",
        help="a new key-encryption key, and everybody's key wrapped by it",
        description="Makes a new key-encryption key and wraps everybody's key by it. It may be stopped "
        "and started again: it goes on where it was.",
    )
    parser.add_argument(
        "--no-wait",
        action="store_true",
        help="do not wait until every process goes by the new version; a rerun then wraps what is left",
    )
    connected.add_settings_to(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Rotates, or finishes the rotation that was interrupted; 1 where a key could not be wrapped."""
    return connected.run(options, partial(rotate, wait=not options.no_wait))


async def rotate(application: "Application", wait: bool) -> int:
    from rich.console import Console
    from rich.progress import Progress

    rotation = application.rotation
    newest, is_new = await rotation.begin()
    print(f"{'made' if is_new else 'goes on with'} version {newest.version}", flush=True)
    with Progress(console=Console(stderr=True)) as progress:
        unreadable = await _rewrap(rotation, newest, progress)
        if wait:
            await _settle(application.key_ring.lifetime, progress)
            unreadable = await _rewrap(rotation, newest, progress)
    return _told(newest.version, await rotation.left(newest), unreadable, wait)


async def _rewrap(rotation: Rotation, newest: "WrappingKey", progress: "Progress") -> list[str]:
    """Wraps what another version wraps; whose keys could not be unwrapped."""
    if not (left := await rotation.left(newest)):
        return []
    bar = progress.add_task("people's keys", total=left)
    unreadable = []
    async for person, outcome in rotation.rewrap(newest):
        progress.advance(bar)
        if outcome is Rewrapped.UNREADABLE:
            unreadable.append(person)
    return unreadable


async def _settle(seconds: float, progress: "Progress") -> None:
    """Until every process asks for the newest version again: till then one may wrap by the one before."""
    bar = progress.add_task("until every process knows it", total=seconds)
    begun = time.monotonic()
    while not progress.finished:
        await asyncio.sleep(TICK)
        progress.update(bar, completed=min(seconds, time.monotonic() - begun))


def _told(version: str, left: int, unreadable: list[str], waited: bool) -> int:
    for person in unreadable:
        print(f"the key of '{person}' cannot be unwrapped: it is left as it is", file=sys.stderr)
    if left:
        print(f"{left} keys are wrapped by older versions: run it again", file=sys.stderr)
        return 1
    print(f"every key is wrapped by version {version}")
    if waited:
        print("no process writes by an older version any more")
    return 0

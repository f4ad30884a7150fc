"""Other processes of a benchmark: started, waited for until they say that they are ready, stopped."""

import asyncio
import os
import re
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
START_SECONDS: Final = 60
STOP_SECONDS: Final = 30


class DidNotStart(Exception):
    """A process ended, or took too long, before it said what it should."""


@asynccontextmanager
async def running(
    *arguments: str, says: Sequence[str], environment: Mapping[str, str] | None = None
) -> AsyncIterator[dict[str, str]]:
    """Runs `python <arguments>` from the project's root while the context lasts.

    Yields the named groups of the patterns in `says` once its output has matched all of them.
    Raises DidNotStart.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        stdout=PIPE,
        stderr=STDOUT,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
    )
    try:
        found = await asyncio.wait_for(_await_output(process, list(says)), START_SECONDS)
        draining = asyncio.create_task(_drain(process))
        yield found
        draining.cancel()
    finally:
        await _stop(process)


async def _await_output(process: Process, wanted: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    seen: list[str] = []
    assert process.stdout is not None
    while wanted:
        line = (await process.stdout.readline()).decode()
        if not line:
            raise DidNotStart("".join(seen[-20:]) or "the process ended without a word")
        seen.append(line)
        for pattern in list(wanted):
            if match := re.search(pattern, line):
                found |= match.groupdict()
                wanted.remove(pattern)
    return found


async def _drain(process: Process) -> None:
    """Reads on, so that the process never waits for a full pipe."""
    assert process.stdout is not None
    while await process.stdout.read(65536):
        pass


async def _stop(process: Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()

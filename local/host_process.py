"""The Functions host as a child process: started, asked until it is healthy, restarted when it dies."""

import asyncio
import logging
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import aiohttp

logger = logging.getLogger(__name__)

APP: Final = Path(__file__).parent.parent
STOP_SECONDS: Final = 15
"""How long the host may take to end what runs; then it is killed."""
RESTART_SECONDS: Final = 1
HEALTH_POLL_SECONDS: Final = 0.05


class HostFailed(Exception):
    """The host ended before the application was healthy once: starting it again would not help."""


class HostProcess:
    """One Functions host on a port, with settings, over a data folder.

    `beside` is the address of what it shows under `/_local`.
    """

    def __init__(
        self,
        port: int,
        data: Path,
        settings: Mapping[str, str],
        *,
        require_keys: bool,
        beside: str,
    ) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._command = [
            *(sys.executable, "-m", "local.lifeline", "local.functions_host"),
            *("--app", str(APP), "--port", str(port), "--data", str(data)),
            *("--beside", beside),
            *(["--require-keys"] if require_keys else []),
        ]
        self._settings = settings
        self._was_healthy = False

    async def run(self, stop: asyncio.Event, on_healthy: Callable[[], None]) -> None:
        """Keeps the host alive until `stop` is set; calls `on_healthy` once, when /api/health is 200.

        Raises HostFailed.
        """
        healthy = asyncio.create_task(self._becomes_healthy(on_healthy))
        try:
            while not stop.is_set():
                await self._run_once(stop)
        finally:
            healthy.cancel()
            with suppress(asyncio.CancelledError):
                await healthy

    async def _run_once(self, stop: asyncio.Event) -> None:
        process = await self._start()
        stopped = asyncio.create_task(stop.wait())
        ended = asyncio.create_task(process.wait())
        try:
            await asyncio.wait({stopped, ended}, return_when=asyncio.FIRST_COMPLETED)
            if not stop.is_set():
                await self._died(process)
        finally:
            stopped.cancel()
            await _end(process)

    async def _start(self) -> Process:
        """The child in a session of its own: a Ctrl-C reaches it through its parent, in order."""
        return await asyncio.create_subprocess_exec(
            *self._command,
            stdin=PIPE,
            env={**os.environ, **self._settings},
            cwd=APP,
            start_new_session=True,
        )

    async def _died(self, process: Process) -> None:
        if not self._was_healthy:
            raise HostFailed(
                f"the Functions host ended with code {process.returncode} before the application "
                "was healthy; the lines above say why"
            )
        logger.warning("The Functions host ended (%s); starting it again.", process.returncode)
        await asyncio.sleep(RESTART_SECONDS)

    async def _becomes_healthy(self, on_healthy: Callable[[], None]) -> None:
        async with aiohttp.ClientSession() as session:
            while not self._was_healthy:
                with suppress(aiohttp.ClientError):
                    async with session.get(f"{self.url}/api/health") as response:
                        self._was_healthy = response.status == 200
                await asyncio.sleep(HEALTH_POLL_SECONDS)
        on_healthy()


async def _end(process: Process) -> None:
    """SIGTERM, time to end what runs, then SIGKILL."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        logger.warning("The Functions host did not end within %s s; killing it.", STOP_SECONDS)
        process.kill()
        await process.wait()

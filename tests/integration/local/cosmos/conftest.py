"""The local Cosmos DB as a process of its own."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass
class Server:
    """A running `python -m local.cosmos`."""

    process: asyncio.subprocess.Process
    endpoint: str

    async def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        await self.process.wait()


type Start = Callable[..., Awaitable[Server]]


async def spawn(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "local.cosmos"),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Starts servers, on one folder unless told another; whatever still runs is stopped at the end."""
    servers: list[Server] = []

    async def start_server(*arguments: str, folder: str = "data") -> Server:
        process = await spawn("--port", "0", "--data", str(tmp_path / folder), *arguments)
        assert process.stdout is not None
        line = (await process.stdout.readline()).decode()
        endpoint = line.partition("AccountEndpoint=")[2].partition(";")[0]
        servers.append(Server(process, endpoint))
        return servers[-1]

    yield start_server
    for server in servers:
        if server.process.returncode is None:
            server.process.terminate()
        await server.process.communicate()

"""The server: event hubs on a port of the loopback interface."""

import asyncio
import contextlib
import errno
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from local.event_hubs.broker import EventHubs
from local.event_hubs.connection import Connection
from local.event_hubs.nodes import Nodes

HOST = "127.0.0.1"
IDLE_TIMEOUT_SECONDS = 480.0
TRIM_INTERVAL_SECONDS = 60.0
STOP_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Serving:
    """Where the server listens."""

    port: int

    @property
    def connection_string(self) -> str:
        """For a namespace: add `EntityPath=<hub>` or name the hub beside it. The key is not checked."""
        return (
            f"Endpoint=sb://{HOST}:{self.port};SharedAccessKeyName=RootManageSharedAccessKey;"
            "SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;"
        )


@contextlib.asynccontextmanager
async def serve(
    event_hubs: EventHubs, port: int = 0, *, idle_timeout: float = IDLE_TIMEOUT_SECONDS
) -> AsyncIterator[Serving]:
    """Serve on 127.0.0.1 while the context lasts; port 0 takes a free one. `event_hubs` stays open.

    `idle_timeout`: seconds without a frame after which a client is given up.
    Raises OSError when the port is taken.
    """
    connections: set[Connection] = set()

    def connect() -> Connection:
        connection = Connection(Nodes(event_hubs), idle_timeout, connections.discard)
        connections.add(connection)
        return connection

    server = await _listen(connect, port)
    trimming = asyncio.create_task(_trim_for_ever(event_hubs))
    try:
        yield Serving(server.sockets[0].getsockname()[1])
    finally:
        trimming.cancel()
        server.close()
        for connection in list(connections):
            connection.shut_down()
        await _closed(server)


async def _listen(connect: Callable[[], Connection], port: int) -> asyncio.Server:
    try:
        return await asyncio.get_running_loop().create_server(connect, HOST, port)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise OSError(
            errno.EADDRINUSE,
            f"port {port} of {HOST} is taken: stop what listens there or choose another port",
        ) from None


async def _closed(server: asyncio.Server) -> None:
    """Wait until the clients have read their last bytes, not for those that do not read."""
    try:
        await asyncio.wait_for(server.wait_closed(), STOP_SECONDS)
    except TimeoutError:
        server.abort_clients()
        await server.wait_closed()


async def _trim_for_ever(event_hubs: EventHubs) -> None:
    while True:
        await asyncio.sleep(TRIM_INTERVAL_SECONDS)
        event_hubs.trim()

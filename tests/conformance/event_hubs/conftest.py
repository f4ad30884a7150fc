"""The namespace: CONFORMANCE_EVENT_HUBS (connection string) and CONFORMANCE_EVENT_HUB (hub), or a local server.

The hub needs two partitions or more; what it holds already does no harm.
"""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.conformance.event_hubs.namespace import Client, Namespace
from tests.conformance.event_hubs.sdk_aio import AioClient
from tests.conformance.event_hubs.sdk_sync import SyncClient


@pytest.fixture(scope="session")
def namespace() -> Iterator[Namespace]:
    connection_string = os.environ.get("CONFORMANCE_EVENT_HUBS")
    if connection_string:
        yield Namespace(connection_string, os.environ["CONFORMANCE_EVENT_HUB"])
    else:
        yield from _local_server()


def _local_server() -> Iterator[Namespace]:
    command = [sys.executable, "-m", "local.event_hubs", "--port", "0", "--hub", "conformance:2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        line = server.stdout.readline()
        yield Namespace(line.removeprefix("Event Hubs: ").strip(), "conformance")
        server.send_signal(signal.SIGTERM)


@pytest_asyncio.fixture(
    scope="session", loop_scope="session", params=[SyncClient, AioClient], ids=["sync", "aio"]
)
async def client(namespace: Namespace, request: pytest.FixtureRequest) -> AsyncIterator[Client]:
    client: Client = request.param(namespace)
    yield client
    await client.close()

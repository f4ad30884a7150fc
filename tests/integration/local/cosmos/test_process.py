"""Death and restart of the server's process."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import AzureError
from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy, CosmosClient

from local.cosmos import EMULATOR_KEY
from tests.integration.local.cosmos.conftest import spawn

type Start = Callable[..., Awaitable[Any]]


async def _write_until_it_dies(container: ContainerProxy, writer: int) -> list[tuple[str, str]]:
    """Create one item after another; the ids that were acknowledged."""
    acknowledged: list[tuple[str, str]] = []
    try:
        while True:
            id_, pk = str(len(acknowledged)), f"w{writer}"
            await container.create_item({"id": id_, "pk": pk}, retry_write=0)
            acknowledged.append((id_, pk))
    except AzureError:
        return acknowledged


async def test_kill_9_loses_nothing_that_was_acknowledged(start: Start) -> None:
    server = await start()
    async with CosmosClient(server.endpoint, EMULATOR_KEY, retry_total=0) as client:
        database = await client.create_database("d")
        container = await database.create_container("c", PartitionKey("/pk"))
        rid = (await container.read())["_rid"]
        writers = [asyncio.create_task(_write_until_it_dies(container, n)) for n in range(4)]
        while len([1 async for _ in container.read_all_items()]) < 50:
            pass
        await server.kill()
        acknowledged = [place for places in await asyncio.gather(*writers) for place in places]
    assert len(acknowledged) >= 46
    server = await start()
    async with CosmosClient(server.endpoint, EMULATOR_KEY) as client:
        container = client.get_database_client("d").get_container_client("c")
        assert (await container.read())["_rid"] == rid
        stored = {(item["id"], item["pk"]) async for item in container.read_all_items()}
        assert stored >= set(acknowledged)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_it_cleanly(start: Start, number: signal.Signals) -> None:
    server = await start()
    server.process.send_signal(number)
    assert await server.process.wait() == 0


async def test_a_second_process_can_not_open_the_folder(start: Start, tmp_path: Path) -> None:
    await start()
    second = await spawn("--port", "0", "--data", str(tmp_path / "data"))
    _, complaint = await second.communicate()
    assert second.returncode == 1
    assert b"is in use by another local Cosmos DB server" in complaint
    assert b"Traceback" not in complaint


async def test_a_taken_port_is_named(start: Start, tmp_path: Path) -> None:
    port = (await start()).endpoint.rstrip("/").rpartition(":")[2]
    second = await spawn("--port", port, "--data", str(tmp_path / "other"))
    _, complaint = await second.communicate()
    assert second.returncode == 1
    assert f"Port {port} on 127.0.0.1 is taken".encode() in complaint

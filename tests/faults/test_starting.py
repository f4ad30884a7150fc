"""Starting and ending: what is wrong is said clearly, and an end is an end."""

import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.cosmos.aio import CosmosClient
from azure.eventhub.aio import EventHubConsumerClient

from local.cosmos import EMULATOR_KEY
from tests.stack.client import client_of
from tests.stack.local_azure import LocalAzure, NotReady

WITHOUT_HOST = "--no-functions"


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.mark.parametrize("which", ["http_port", "cosmos_port", "event_hubs_port"])
def test_a_taken_port_is_named_and_ends_the_start(tmp_path: Path, taken: int, which: str) -> None:
    stack = LocalAzure(tmp_path / "data")
    setattr(stack, which, taken)
    with pytest.raises(NotReady) as raised:
        stack.start()
    said = str(raised.value)
    assert stack.exit_code() == 1
    assert f"ort {taken}" in said
    assert "taken" in said or "in use" in said
    assert "Cannot start: " in said
    assert "Traceback" not in said


def test_a_data_folder_in_use_is_named_and_ends_the_start(tmp_path: Path) -> None:
    with LocalAzure(tmp_path / "data", WITHOUT_HOST) as first:
        second = LocalAzure(tmp_path / "data", WITHOUT_HOST)
        with pytest.raises(NotReady, match=r"Cannot start: .*data.* in use") as raised:
            second.start()
        assert second.exit_code() == 1
        assert "Traceback" not in str(raised.value)
        assert first.stop() == 0


async def test_sigterm_ends_it_cleanly(tmp_path: Path) -> None:
    stack = LocalAzure(tmp_path / "data").start()
    async with client_of(stack.url) as client:
        assert (await client.post("/products/p/receive", {"quantity": 1})).status == 201
    assert stack.stop() == 0
    assert "Traceback" not in stack.said()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", stack.http_port))


def test_ctrl_c_ends_it_cleanly(tmp_path: Path) -> None:
    stack = LocalAzure(tmp_path / "data", WITHOUT_HOST).start()
    stack.signal(signal.SIGINT)
    assert stack.exit_code() == 0
    assert "Traceback" not in stack.said()


async def test_without_functions_the_servers_alone_are_there(tmp_path: Path) -> None:
    with LocalAzure(tmp_path / "data", WITHOUT_HOST) as stack:
        assert "Functions" not in stack.said()
        async with CosmosClient(stack.cosmos_address, EMULATOR_KEY) as cosmos:
            database = cosmos.get_database_client("EventSourcingDB")
            names = {container["id"] async for container in database.list_containers()}
        assert {"events", "snapshots", "leases", "order_read_model"} <= names
        consumer = EventHubConsumerClient.from_connection_string(
            stack.event_hubs, consumer_group="order_projector", eventhub_name="domain-events"
        )
        async with consumer:
            assert await consumer.get_partition_ids() == ["0", "1", "2", "3"]


def test_a_host_that_cannot_start_ends_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SNAPSHOT_INTERVALS", "Order=often")
    stack = LocalAzure(tmp_path / "data")
    with pytest.raises(NotReady) as raised:
        stack.start()
    assert stack.exit_code() == 1
    assert "SNAPSHOT_INTERVALS is malformed" in str(raised.value)

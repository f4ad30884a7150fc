"""The server as a process of its own: killed, restarted, refused."""

import asyncio
import contextlib
import gc
import signal
import socket
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.eventhub import EventData
from azure.eventhub.aio import EventHubConsumerClient, EventHubProducerClient, PartitionContext
from azure.eventhub.exceptions import EventHubError

from local.event_hubs import EventHubs, FolderInUse, HubSpec
from tests.integration.local.event_hubs.raw_client import DISPOSITION, RawClient, data


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """`python -m local.event_hubs` with one hub of one partition."""

    def __init__(self, folder: Path, port: int) -> None:
        command = [sys.executable, "-m", "local.event_hubs", "--port", f"{port}"]
        command += ["--data", f"{folder}", "--hub", "events:1"]
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        self.connection_string = line.removeprefix("Event Hubs: ").strip()

    def stop(self, number: signal.Signals) -> tuple[int, str]:
        """Send a signal and wait; answer the exit code and what went to the error output."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)
        _, errors = self._process.communicate(timeout=10)
        return self._process.returncode, errors


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def process(tmp_path: Path, port: int) -> Iterator[Process]:
    process = Process(tmp_path, port)
    yield process
    process.stop(signal.SIGKILL)


async def test_a_kill_loses_nothing_that_was_acknowledged(
    process: Process, port: int, tmp_path: Path
) -> None:
    client = await RawClient.connect(port)
    await client.begin()
    await client.attach_sender(0, "events/Partitions/0")
    for number in range(900):
        client.transfer(0, number, data(b"%d" % number))
    acknowledged = [(await client.expect(DISPOSITION)).fields[1] for _ in range(200)]
    process.stop(signal.SIGKILL)
    with EventHubs([HubSpec("events", 1)], tmp_path) as event_hubs:
        stored = [event.body for event in event_hubs.read("events", 0)]
    assert acknowledged == list(range(200))
    assert len(stored) >= 200
    assert stored == [b"%d" % number for number in range(len(stored))]
    with contextlib.suppress(ConnectionError):
        await client.close()


def test_a_folder_that_another_process_serves_is_refused_until_that_is_gone(
    process: Process, tmp_path: Path
) -> None:
    with pytest.raises(FolderInUse):
        EventHubs([HubSpec("events", 1)], tmp_path)
    second = Process(tmp_path, 0)
    code, errors = second.stop(signal.SIGTERM)
    assert code == 1
    assert "is served by another Event Hubs server" in errors
    process.stop(signal.SIGKILL)
    EventHubs([HubSpec("events", 1)], tmp_path).close()


def test_a_taken_port_stops_the_start_with_its_number(
    process: Process, port: int, tmp_path: Path
) -> None:
    code, errors = Process(tmp_path / "other", port).stop(signal.SIGTERM)
    assert code == 1
    assert f"port {port} of 127.0.0.1 is taken" in errors


def test_sigterm_stops_the_server_cleanly(process: Process) -> None:
    code, errors = process.stop(signal.SIGTERM)
    assert code == 0
    assert "Traceback" not in errors


@pytest.mark.slow
async def test_the_sdks_producer_and_consumer_carry_on_after_a_kill_and_a_restart(
    process: Process, port: int, tmp_path: Path
) -> None:
    with warnings.catch_warnings():
        # The SDK leaves sockets open when a connection is lost.
        warnings.simplefilter("ignore", ResourceWarning)
        received = await _send_and_receive_across_a_restart(process, port, tmp_path)
        gc.collect()
    assert received[0] == "before"
    assert received.count("before") == 1
    assert "after" in received


async def _send_and_receive_across_a_restart(
    process: Process, port: int, folder: Path
) -> list[str]:
    received: list[str] = []
    arrived = {"before": asyncio.Event(), "after": asyncio.Event()}

    async def on_event(_: PartitionContext, event: EventData | None) -> None:
        assert event is not None
        received.append(event.body_as_str())
        arrived[received[-1]].set()

    at = process.connection_string
    producer = EventHubProducerClient.from_connection_string(
        at, eventhub_name="events", retry_backoff_factor=0.1
    )
    consumer = EventHubConsumerClient.from_connection_string(
        at, "$Default", eventhub_name="events", retry_backoff_factor=0.1
    )
    receiving = asyncio.create_task(
        consumer.receive(on_event, partition_id="0", starting_position="-1")
    )
    await producer.send_event(EventData("before"))
    await asyncio.wait_for(arrived["before"].wait(), 30)
    process.stop(signal.SIGKILL)
    restarted = Process(folder, port)
    await _send_until_accepted(producer, "after")
    await asyncio.wait_for(arrived["after"].wait(), 30)
    await asyncio.gather(producer.close(), consumer.close())
    receiving.cancel()
    await asyncio.wait([receiving])
    restarted.stop(signal.SIGTERM)
    return received


async def _send_until_accepted(producer: EventHubProducerClient, body: str) -> None:
    while True:
        try:
            await producer.send_event(EventData(body))
        except EventHubError:
            continue
        return

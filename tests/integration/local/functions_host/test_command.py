"""The command, `python -m local.functions_host`, in a process of its own."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path

from azure.cosmos import PartitionKey
from azure.cosmos.aio import CosmosClient

from local.cosmos import Cosmos, connection_string, serve
from tests.integration.local.functions_host.apps import write_app
from tests.integration.local.functions_host.calls import call, eventually
from tests.integration.local.functions_host.hubs import event_hubs, send

ROOT = Path(__file__).parents[4]

HELLO = """
@app.route("pid")
async def pid(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(str(os.getpid()) + " " + os.environ["STARTED"])

@app.route("exit")
async def leave(req: func.HttpRequest) -> func.HttpResponse:
    raise SystemExit(1)

@app.route("slow")
async def slow(req: func.HttpRequest) -> func.HttpResponse:
    print("slow began", flush=True)
    await asyncio.sleep(0.3)
    return func.HttpResponse("done")

os.environ["STARTED"] = str(time.monotonic_ns())
"""

TRIGGERS = """
def write_down(file, names):
    with open(file, "a") as done:
        done.write("".join(name + "\\n" for name in names))

@app.cosmos_db_trigger("docs", connection="CosmosDB", database_name="db", container_name="c",
    start_from_beginning=True, feed_poll_delay=10, max_items_per_invocation=2)
@app.retry(strategy="fixed_delay", max_retry_count="-1", delay_interval="00:00:00")
async def feed(docs: func.DocumentList) -> None:
    await asyncio.sleep(0.1)
    write_down("documents", [doc["id"] for doc in docs])

@app.event_hub_message_trigger("events", connection="EventHub", event_hub_name="hub",
    consumer_group="group", cardinality=func.Cardinality.MANY, data_type=func.DataType.BINARY)
async def hub(events: typing.List[func.EventHubEvent]) -> None:
    await asyncio.sleep(0.1)
    write_down("events", [event.get_body().decode() for event in events])
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextlib.asynccontextmanager
async def command(
    app: Path, data: Path, port: int, *options: str, **settings: str
) -> AsyncIterator[Process]:
    """A running host; killed at the end if it still runs."""
    arguments = ["--app", str(app), "--data", str(data), "--port", str(port), *options]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "local.functions_host",
        *arguments,
        cwd=ROOT,
        env={**os.environ, **settings},
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def until(process: Process, text: str) -> str:
    """What it prints, up to a line with `text`."""
    assert process.stdout is not None
    printed = ""
    async with asyncio.timeout(20):
        while text not in printed:
            line = await process.stdout.readline()
            assert line, f"ended before {text!r}: {printed}"
            printed += line.decode()
    return printed


async def test_it_says_what_it_maps_and_ends_well_on_sigterm_with_requests_in_flight(
    tmp_path: Path,
) -> None:
    app, port = write_app(tmp_path / "app", HELLO), free_port()
    async with command(app, tmp_path / "data", port) as process:
        printed = await until(process, f"127.0.0.1:{port}")
        assert "Found the following functions:" in printed
        assert "Mapped function route 'api/slow' [all] to 'slow'" in printed
        running = asyncio.create_task(call(port, "GET", "/api/slow"))
        await until(process, "slow began")
        process.send_signal(signal.SIGTERM)
        assert (await running).body == b"done"
        assert await process.wait() == 0


async def test_ctrl_c_ends_it_well(tmp_path: Path) -> None:
    app, port = write_app(tmp_path / "app", HELLO), free_port()
    async with command(app, tmp_path / "data", port) as process:
        await until(process, f"127.0.0.1:{port}")
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 0


async def test_a_faulty_start_says_why_and_exits_with_1(tmp_path: Path) -> None:
    app = write_app(tmp_path / "app", "import no_such_module")
    async with command(app, tmp_path / "data", 0) as process:
        _, errors = await process.communicate()
        assert process.returncode == 1
        assert b"can't start" in errors
        assert b"no_such_module" in errors


async def test_keys_are_printed_and_asked_for(tmp_path: Path) -> None:
    source = HELLO.replace(
        '@app.route("pid")', '@app.route("pid", auth_level=func.AuthLevel.ADMIN)'
    )
    app, port = write_app(tmp_path / "app", source), free_port()
    async with command(app, tmp_path / "data", port, "--require-keys") as process:
        printed = await until(process, f"127.0.0.1:{port}")
        (key,) = [line.split()[-1] for line in printed.splitlines() if "Admin key:" in line]
        assert (await call(port, "GET", "/api/pid")).status == 401
        assert (await call(port, "GET", "/api/pid", {"x-functions-key": key})).status == 200


async def test_a_lost_worker_is_a_500_and_a_new_worker_on_the_same_port(tmp_path: Path) -> None:
    app, port = write_app(tmp_path / "app", HELLO), free_port()
    async with command(app, tmp_path / "data", port) as process:
        await until(process, f"127.0.0.1:{port}")
        before = (await call(port, "GET", "/api/pid")).body
        assert (await call(port, "GET", "/api/exit")).status == 500
        await until(process, f"127.0.0.1:{port}")
        after = (await call(port, "GET", "/api/pid")).body
        assert before.split()[0] == after.split()[0] == str(process.pid).encode()
        assert before.split()[1] != after.split()[1]


async def test_a_host_that_is_killed_at_any_moment_loses_no_document_and_no_event(
    tmp_path: Path,
) -> None:
    size = {"eventHubs": {"maxEventBatchSize": 2}}
    app, port = write_app(tmp_path / "app", TRIGGERS, extensions=size), free_port()
    names = [f"{number:02}" for number in range(16)]

    def done(file: str) -> list[str]:
        return (app / file).read_text().split() if (app / file).exists() else []

    async with contextlib.AsyncExitStack() as stack:
        account = stack.enter_context(contextlib.closing(Cosmos(None)))
        server = await stack.enter_async_context(serve(account, port=0))
        hub = await stack.enter_async_context(event_hubs(tmp_path / "hub", ["hub"]))
        settings = {**hub, "CosmosDB": connection_string(server.endpoint)}
        await fill(settings, names)
        for file in ("documents", "events"):

            async def a_batch_is_done_and_the_next_one_runs(file: str = file) -> bool:
                return bool(done(file))

            async with command(app, tmp_path / "data", port, **settings) as process:
                await eventually(a_batch_is_done_and_the_next_one_runs, seconds=20)
                process.kill()

        async def complete() -> bool:
            return set(done("documents")) == set(done("events")) == set(names)

        async with command(app, tmp_path / "data", port, **settings):
            await eventually(complete, seconds=20)
    assert max(len(done("documents")), len(done("events"))) <= len(names) + 2 * 2


async def fill(settings: dict[str, str], names: list[str]) -> None:
    """A document and an event of each name."""
    await send(settings, "hub", *(name.encode() for name in names))
    async with CosmosClient.from_connection_string(settings["CosmosDB"]) as client:
        database = await client.create_database("db")
        container = await database.create_container("c", PartitionKey("/id"))
        for name in names:
            await container.create_item({"id": name})

"""How a host starts, and what stops the start: loud where the real host is silent."""

import json
import os
import sys
from pathlib import Path

import pytest

from local.functions_host import FunctionsHost, HostStartError
from local.functions_host.errors import (
    AppError,
    DataFolderInUse,
    HostJsonError,
    PortTaken,
    RouteError,
    SettingsError,
    TriggerError,
)
from tests.integration.local.functions_host.apps import write_app
from tests.integration.local.functions_host.calls import call

HELLO = """
@app.route("hello")
async def hello(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(os.environ.get("GREETING", "none"))
"""

TIMER = """
@app.timer_trigger("t", "soon")
async def tick(t: func.TimerRequest) -> None: ...
"""

QUEUE = """
@app.queue_trigger("m", queue_name="q", connection="C")
async def take(m: func.QueueMessage) -> None: ...
"""

TWO_STARTS = """
@app.cosmos_db_trigger("d", connection="C", database_name="d", container_name="c",
    start_from_beginning=True, start_from_time="2024-01-01T00:00:00Z")
async def feed(d: func.DocumentList) -> None: ...
"""

OUTPUT = """
@app.route("x")
@app.event_hub_output("out", connection="C", event_hub_name="h")
def write(req: func.HttpRequest, out: func.Out[str]) -> func.HttpResponse: ...
"""

TWO_READERS = """
def feed(name):
    @app.function_name(name)
    @app.cosmos_db_trigger("d", connection="C", database_name="d", container_name="c")
    async def read(d: func.DocumentList) -> None: ...

feed("one")
feed("other")
"""


async def refused(app: Path, data: Path, kind: type[HostStartError], reason: str) -> None:
    account = "AccountEndpoint=http://127.0.0.1:9/;AccountKey=a2V5"
    with pytest.raises(kind, match=reason):
        async with FunctionsHost(app, {"C": account}, data):
            raise AssertionError("it started")


@pytest.mark.parametrize(
    ("source", "kind", "reason"),
    [
        ("import no_such_module", AppError, "no_such_module"),
        ("raise ValueError('at import')", AppError, r"(?s)at import.*Traceback"),
        (HELLO + HELLO, AppError, "hello"),
        (HELLO.replace("(req:", "(request:"), AppError, "request"),
        (HELLO.replace('"hello"', '"/hello"'), RouteError, "slash"),
        (HELLO.replace('"hello"', '"admin/x"'), RouteError, "reserved"),
        (HELLO.replace('"hello"', '"{x"'), RouteError, "not a template"),
        (HELLO + HELLO.replace("def hello", "def twin"), RouteError, "same route"),
        (
            TIMER,
            TriggerError,
            "'tick'.*schedule",
        ),
        (
            QUEUE,
            TriggerError,
            "'take'.*no queueTrigger",
        ),
        (OUTPUT, TriggerError, "'write'.*no eventHub;"),
        (TWO_READERS, TriggerError, "'one' and 'other'.*lease_container_prefix"),
        (
            TWO_STARTS,
            TriggerError,
            "exclude each other",
        ),
    ],
)
async def test_what_the_real_host_passes_over_stops_the_start(
    tmp_path: Path, source: str, kind: type[HostStartError], reason: str
) -> None:
    await refused(write_app(tmp_path / "app", source), tmp_path / "data", kind, reason)


async def test_a_folder_without_an_app_or_host_json_is_refused(tmp_path: Path) -> None:
    app = write_app(tmp_path / "app", HELLO)
    (app / "function_app.py").unlink()
    await refused(app, tmp_path / "data", AppError, r"no function_app\.py")
    (app / "host.json").write_text("{")
    await refused(app, tmp_path / "data", HostJsonError, "not JSON")
    (app / "host.json").unlink()
    await refused(app, tmp_path / "data", HostJsonError, "no such file")


async def test_a_faulty_start_leaves_nothing_behind(tmp_path: Path) -> None:
    before = (dict(os.environ), Path.cwd(), list(sys.path))
    bad = write_app(tmp_path / "bad", "import no_such_module")
    await refused(bad, tmp_path / "data", AppError, "no_such_module")
    assert (dict(os.environ), Path.cwd(), list(sys.path)) == before
    async with FunctionsHost(write_app(tmp_path / "good", HELLO), {}, tmp_path / "data") as host:
        assert (await call(host.port, "GET", "/api/hello")).status == 200


async def test_one_process_runs_one_app_after_another_but_not_two_at_once(tmp_path: Path) -> None:
    for word in ("one", "other"):
        app = write_app(tmp_path / word, HELLO.replace('"none"', f'"{word}"'))
        async with FunctionsHost(app, {}, tmp_path / "data") as host:
            assert (await call(host.port, "GET", "/api/hello")).body == word.encode()
            await refused(app, tmp_path / "data2", AppError, "in this process already")


async def test_settings_are_in_the_environment_while_the_host_runs(tmp_path: Path) -> None:
    app = write_app(tmp_path / "app", HELLO)
    local = {"Values": {"GREETING": "from the file", "OTHER": "x"}}
    (app / "local.settings.json").write_text(json.dumps(local))
    async with FunctionsHost(app, {}, tmp_path / "data") as host:
        assert (await call(host.port, "GET", "/api/hello")).body == b"from the file"
    async with FunctionsHost(app, {"GREETING": "given"}, tmp_path / "data") as host:
        assert (await call(host.port, "GET", "/api/hello")).body == b"given"
    assert "GREETING" not in os.environ


async def test_malformed_local_settings_are_named(tmp_path: Path) -> None:
    app = write_app(tmp_path / "app", HELLO)
    (app / "local.settings.json").write_text('{"Values": {"A": "x", "B": 1, "C": null}}')
    await refused(app, tmp_path / "data", SettingsError, "not: B, C")


async def test_a_data_folder_has_one_host(tmp_path: Path) -> None:
    from local.functions_host.state import State

    app = write_app(tmp_path / "app", HELLO)
    with State(tmp_path / "data"):
        await refused(app, tmp_path / "data", DataFolderInUse, "Another Functions host")


async def test_a_taken_port_is_named(tmp_path: Path) -> None:
    app = write_app(tmp_path / "app", HELLO)
    async with FunctionsHost(app, {}, tmp_path / "data") as host:
        with pytest.raises(PortTaken, match=str(host.port)):
            async with FunctionsHost(app, {}, tmp_path / "data2", port=host.port):
                raise AssertionError("it started")


async def test_a_missing_setting_disables_that_function_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = (
        HELLO
        + """
@app.cosmos_db_trigger("d", connection="Nowhere", database_name="d", container_name="c")
async def feed(d: func.DocumentList) -> None: ...

@app.event_hub_message_trigger("e", connection="Here", event_hub_name="%HUB%")
async def hub(e: func.EventHubEvent) -> None: ...
"""
    )
    app = write_app(tmp_path / "app", source)
    async with FunctionsHost(app, {"Here": "Endpoint=sb://h/"}, tmp_path / "data") as host:
        assert (await call(host.port, "GET", "/api/hello")).status == 200
    loud = [one.getMessage() for one in caplog.records if "DISABLED" in one.getMessage()]
    assert [line.split(":")[0] for line in loud] == [
        "Function 'feed' is DISABLED",
        "Function 'hub' is DISABLED",
    ]
    assert "Nowhere__accountEndpoint" in loud[0]
    assert "HUB" in loud[1]


async def test_the_start_says_what_it_found(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    source = HELLO.replace('"hello"', '"x/{id}", methods=["GET", "PUT"]')
    async with FunctionsHost(write_app(tmp_path / "app", source), {}, tmp_path / "data"):
        pass
    assert [one.getMessage() for one in caplog.records if one.name == "functions_host"] == [
        "Found the following functions:",
        "Host.Functions.hello",
        "Mapped function route 'api/x/{id}' [GET,PUT] to 'hello'",
    ]

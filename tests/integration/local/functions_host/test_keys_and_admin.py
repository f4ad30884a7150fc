"""Keys with `require_keys`, and the admin routes."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from local.functions_host import FunctionsHost
from tests.integration.local.functions_host.apps import write_app
from tests.integration.local.functions_host.calls import Reply, call, eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

APP = """
seen: list[object] = []

@app.route("open", auth_level=func.AuthLevel.ANONYMOUS)
async def opened(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("open")

@app.route("function", auth_level=func.AuthLevel.FUNCTION)
async def function_level(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("function")

@app.route("only-admin", auth_level=func.AuthLevel.ADMIN)
async def admin_level(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("admin")

@app.route("seen")
async def show(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(repr(seen))

@app.cosmos_db_trigger("docs", connection="C", database_name="d", container_name="c")
@app.retry(strategy="fixed_delay", max_retry_count="1", delay_interval="00:00:00")
async def feed(docs: func.DocumentList, context: func.Context) -> None:
    seen.append((context.retry_context.retry_count, [doc["id"] for doc in docs]))
    raise RuntimeError("again")

@app.event_hub_message_trigger("events", connection="E", event_hub_name="h",
    cardinality=func.Cardinality.MANY, data_type=func.DataType.BINARY)
async def hub(events: typing.List[func.EventHubEvent]) -> None:
    seen.extend(event.get_body() for event in events)

@app.timer_trigger("timer", "0 0 0 1 1 *")
async def tick(timer: func.TimerRequest) -> None:
    seen.append((timer.past_due, timer.schedule))
""".replace('"only-admin"', '"only-admin"')

SETTINGS = {
    "C": "AccountEndpoint=http://127.0.0.1:9/;AccountKey=a2V5;",
    "E": "Endpoint=sb://127.0.0.1:9;SharedAccessKeyName=n;SharedAccessKey=k;UseDevelopmentEmulator=true",
}
JSON = {"Content-Type": "application/json"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def host(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FunctionsHost]:
    folder = tmp_path_factory.mktemp("keys")
    app = write_app(folder / "app", APP)
    async with FunctionsHost(app, SETTINGS, folder / "data", require_keys=True) as host:
        yield host


def keys(host: FunctionsHost) -> tuple[str, str]:
    assert host.keys is not None
    return host.keys.master, host.keys.function


async def get(host: FunctionsHost, path: str, key: str = "") -> Reply:
    return await call(host.port, "GET", path, {"x-functions-key": key} if key else {})


async def post(host: FunctionsHost, path: str, body: str, **headers: str) -> Reply:
    with_key = {"x-functions-key": keys(host)[0], **headers}
    return await call(host.port, "POST", path, with_key, body.encode())


async def test_an_anonymous_function_asks_for_no_key(host: FunctionsHost) -> None:
    assert (await get(host, "/api/open")).status == 200
    assert (await get(host, "/api/open", "wrong")).status == 200


@pytest.mark.parametrize("key", ["", "wrong"])
async def test_without_the_key_a_function_is_a_bare_401(host: FunctionsHost, key: str) -> None:
    reply = await get(host, "/api/function", key)
    assert (reply.status, reply.body, "www-authenticate" in reply.headers) == (401, b"", False)


async def test_either_key_opens_a_function_by_header_or_query(host: FunctionsHost) -> None:
    for key in keys(host):
        assert (await get(host, "/api/function", key)).status == 200
        assert (await get(host, f"/api/function?code={key}")).status == 200


async def test_the_header_beats_the_query(host: FunctionsHost) -> None:
    master, _ = keys(host)
    assert (await get(host, f"/api/function?code={master}", "wrong")).status == 401


async def test_an_admin_function_takes_the_admin_key_alone(host: FunctionsHost) -> None:
    master, function = keys(host)
    assert (await get(host, "/api/only-admin", function)).status == 401
    assert (await get(host, "/api/only-admin", master)).status == 200


async def test_the_admin_routes_ask_for_the_admin_key(host: FunctionsHost) -> None:
    master, function = keys(host)
    without = await get(host, "/admin/functions")
    assert (without.status, without.headers["www-authenticate"]) == (401, "bearer")
    assert (await get(host, "/admin/functions", function)).status == 403
    assert (await get(host, "/admin/functions", master)).status == 200


async def test_keys_stay_the_same_in_a_data_folder(tmp_path: Path) -> None:
    from local.functions_host.keys import load_keys
    from local.functions_host.state import State

    with State(tmp_path) as state:
        first = load_keys(state)
    with State(tmp_path) as state:
        assert load_keys(state) == first


async def test_ping_and_status_say_that_the_host_runs(host: FunctionsHost) -> None:
    assert (await get(host, "/admin/host/ping")).status == 200
    assert (await get(host, "/admin/host/status", keys(host)[0])).json()["state"] == "Running"


async def test_the_functions_are_listed_with_their_bindings(host: FunctionsHost) -> None:
    listed = (await get(host, "/admin/functions", keys(host)[0])).json()
    assert {one["name"] for one in listed} == set(host.functions)
    one = (await get(host, "/admin/functions/Tick", keys(host)[0])).json()
    assert one["config"]["bindings"][0]["type"] == "timerTrigger"


async def test_a_run_by_hand_of_nothing_is_refused(host: FunctionsHost) -> None:
    assert (await post(host, "/admin/functions/nobody", "{}", **JSON)).status == 404
    assert (await post(host, "/admin/functions/tick", "{}")).status == 415
    assert (await post(host, "/admin/functions/tick", "{", **JSON)).status == 400
    assert (await post(host, "/admin/functions/tick", '{"input": {}}', **JSON)).status == 400


async def test_runs_by_hand_reach_each_kind_of_trigger(host: FunctionsHost) -> None:
    documents = json.dumps({"input": json.dumps([{"id": "1"}, {"id": "2"}])})
    for name, body in (("feed", documents), ("hub", '{"input": "text"}'), ("tick", "{}")):
        reply = await post(host, f"/admin/functions/{name}", body, **JSON)
        assert (reply.status, reply.body) == (202, b"")
    expected = [
        "(0, ['1', '2'])",
        "(1, ['1', '2'])",
        "b'text'",
        "(False, {'AdjustForDST': True})",
    ]

    async def all_seen() -> bool:
        seen = (await get(host, "/api/seen")).body.decode()
        return all(one in seen for one in expected)

    await eventually(all_seen)

"""What the host hands on to its neighbour: everything under `/_local`, and nothing else."""

import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from local.functions_host import FunctionsHost
from tests.integration.local.functions_host.apps import write_app
from tests.integration.local.functions_host.calls import call

APP = """
@app.route("hello")
async def hello(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("hello")
"""

HANDED_ON = ("/_local", "/_local/", "/_local/api/a%20b/%2F?x=%20y&x=2")
NOT_HANDED_ON = ("/_localities", "/api/_local/", "/x")


async def _tell(request: web.Request) -> web.Response:
    """What it was asked, as JSON."""
    text = (await request.read()).decode()
    told = {"line": f"{request.method} {request.raw_path}", "host": request.host, "body": text}
    return web.json_response(told, status=418, headers={"X-Told": "yes"})


@pytest.fixture
async def neighbour() -> AsyncIterator[str]:
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", _tell)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield site.name
    await runner.cleanup()


@pytest.fixture
def nobody() -> str:
    """An address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


@asynccontextmanager
async def host(folder: Path, beside: str | None) -> AsyncIterator[FunctionsHost]:
    app = write_app(folder / "app", APP)
    async with FunctionsHost(app, {}, folder / "data", beside=beside) as host:
        yield host


async def test_a_request_goes_on_and_its_answer_comes_back(tmp_path: Path, neighbour: str) -> None:
    async with host(tmp_path, neighbour) as running:
        for target in HANDED_ON:
            reply = await call(running.port, "POST", target, {"Host": "localhost:1"}, b'"text"')
            assert reply.status == 418
            assert reply.headers["x-told"] == "yes"
            assert reply.headers["content-type"].startswith("application/json")
            told = json.loads(reply.body)
            assert told == {"line": f"POST {target}", "host": "localhost:1", "body": '"text"'}


async def test_nothing_else_goes_on(tmp_path: Path, neighbour: str) -> None:
    async with host(tmp_path, neighbour) as running:
        for target in NOT_HANDED_ON:
            assert (await call(running.port, "GET", target)).status == 404
        assert (await call(running.port, "GET", "/api/hello")).body == b"hello"


async def test_a_neighbour_that_is_away_is_a_bad_gateway(tmp_path: Path, nobody: str) -> None:
    async with host(tmp_path, nobody) as running:
        assert (await call(running.port, "GET", "/_local/")).status == 502


async def test_without_a_neighbour_there_is_nothing_as_on_the_real_host(tmp_path: Path) -> None:
    async with host(tmp_path, None) as running:
        assert (await call(running.port, "GET", "/_local/")).status == 404

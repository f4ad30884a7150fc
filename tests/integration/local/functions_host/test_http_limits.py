"""Limits of time and number, and the end of requests: each test its own host."""

import asyncio
from pathlib import Path

import pytest

from local.functions_host import FunctionsHost
from tests.integration.local.functions_host.apps import write_app
from tests.integration.local.functions_host.calls import call


async def test_more_requests_than_max_outstanding_are_a_429(tmp_path: Path) -> None:
    source = """
    release = asyncio.Event()
    @app.route("wait")
    async def wait(req: func.HttpRequest) -> func.HttpResponse:
        await release.wait()
        return func.HttpResponse("done")
    @app.timer_trigger("timer", "0 0 0 1 1 *")
    async def let_go(timer: func.TimerRequest) -> None:
        release.set()
    """
    http = {"http": {"routePrefix": "", "maxOutstandingRequests": 2}}
    app = write_app(tmp_path / "app", source, extensions=http)
    async with FunctionsHost(app, {}, tmp_path / "data") as host:
        running = [asyncio.create_task(call(host.port, "GET", "/wait")) for _ in range(3)]
        (refused,), _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        assert (refused.result().status, refused.result().body) == (429, b"")
        assert refused.result().headers["x-function-scaleout"] == "1"
        form = {"Content-Type": "application/json"}
        await call(host.port, "POST", "/admin/functions/let_go", form, b"{}")
        replies = await asyncio.gather(*running)
        assert sorted(reply.status for reply in replies) == [200, 200, 429]


async def test_a_function_over_its_time_limit_is_a_500_and_costs_the_worker(tmp_path: Path) -> None:
    source = """
    @app.route("slow")
    async def slow(req: func.HttpRequest) -> func.HttpResponse:
        await asyncio.sleep(60)
    """
    app = write_app(tmp_path / "app", source, functionTimeout="00:00:00.05")
    lost: list[str] = []
    async with FunctionsHost(app, {}, tmp_path / "data", on_worker_lost=lost.append) as host:
        assert (await call(host.port, "GET", "/api/slow")).status == 500
    assert ["functionTimeout" in reason for reason in lost] == [True]


async def test_requests_in_flight_end_and_the_port_closes_at_once(tmp_path: Path) -> None:
    source = """
    @app.route("slow")
    async def slow(req: func.HttpRequest) -> func.HttpResponse:
        print("began")
        await asyncio.sleep(0.3)
        return func.HttpResponse("done")
    """
    async with FunctionsHost(write_app(tmp_path / "app", source), {}, tmp_path / "data") as host:
        running = asyncio.create_task(call(host.port, "GET", "/api/slow"))
        await asyncio.sleep(0.1)
        stopping = asyncio.create_task(host.stop())
        await asyncio.sleep(0.05)
        with pytest.raises(ConnectionRefusedError):
            await call(host.port, "GET", "/api/slow")
        assert (await running).body == b"done"
        await stopping

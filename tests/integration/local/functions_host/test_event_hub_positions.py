"""Where the Event Hubs trigger goes on: after an end, and after the namespace was away."""

import asyncio
import contextlib
from pathlib import Path

import pytest

from local.functions_host import FunctionsHost
from tests.integration.local.functions_host.apps import write_app
from tests.integration.local.functions_host.calls import eventually
from tests.integration.local.functions_host.hubs import SEEN, event_hubs, has_seen, send

APP = """
@hub("slow")
async def slow(events: typing.List[func.EventHubEvent]) -> None:
    seen.append(["slow", bodies(events)])
    if bodies(events) == ["slow"]:
        await asyncio.sleep(0.3)
"""


async def test_what_ends_after_the_end_began_comes_again_and_what_ended_before_does_not(
    tmp_path: Path,
) -> None:
    app = write_app(tmp_path / "app", SEEN + APP)
    async with event_hubs(tmp_path / "hubs", ["slow"]) as settings:
        await send(settings, "slow", b"1")
        async with FunctionsHost(app, settings, tmp_path / "data") as host:
            await eventually(has_seen(host, "slow", "1"))
            await send(settings, "slow", b"slow")
            await eventually(has_seen(host, "slow", "1", "slow"))
        async with FunctionsHost(app, settings, tmp_path / "data") as host:
            await eventually(has_seen(host, "slow", "slow"))


async def test_a_namespace_that_is_away_or_without_the_hub_is_waited_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def complained() -> bool:
        return any("trying again" in line for line in caplog.messages)

    app = write_app(tmp_path / "app", SEEN + APP)
    async with contextlib.AsyncExitStack() as stack:
        async with event_hubs(tmp_path / "other", ["other"]) as settings:
            host = FunctionsHost(app, settings, tmp_path / "data")
            await stack.enter_async_context(host)
            await eventually(complained)
        for number in range(2):
            await asyncio.sleep(0.5)
            async with event_hubs(tmp_path / "hubs", ["slow"], int(settings["PORT"])):
                await send(settings, "slow", str(number).encode())
                await eventually(has_seen(host, "slow", *"01"[: number + 1]))
        await stack.aclose()

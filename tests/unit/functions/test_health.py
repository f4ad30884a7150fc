"""Whether the application is up, and that nothing else is told."""

import asyncio
import logging
from typing import Any

import pytest

from functions import health
from tests.fakes.app import FakeApplication
from tests.fakes.http import json_of, request
from wiring import Dependency

SECRET = "https://cosmos-prod-17.example.net:443 refused the key"


async def up() -> None:
    pass


async def down() -> None:
    raise ConnectionError(SECRET)


async def silent() -> None:
    await asyncio.Event().wait()


async def checked(cosmos: Any, event_hubs: Any) -> Any:
    application = FakeApplication()
    application.dependencies = {
        "cosmos": Dependency(cosmos, commands_need_it=True),
        "eventHubs": Dependency(event_hubs, commands_need_it=False),
    }
    return await application.functions()["health"](request(path="/api/health"))


async def test_all_is_up() -> None:
    response = await checked(up, up)
    assert response.status_code == 200
    body = json_of(response)
    assert body.pop("build")
    assert body == {"status": "up", "dependencies": {"cosmos": "up", "eventHubs": "up"}}


async def test_what_commands_need_is_down() -> None:
    response = await checked(down, up)
    assert response.status_code == 503
    assert json_of(response)["status"] == "down"
    assert json_of(response)["dependencies"] == {"cosmos": "down", "eventHubs": "up"}


async def test_what_commands_do_not_need_is_down() -> None:
    response = await checked(up, down)
    assert response.status_code == 200
    assert json_of(response)["dependencies"] == {"cosmos": "up", "eventHubs": "down"}


async def test_what_does_not_answer_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "PATIENCE", 0.01)
    response = await checked(silent, up)
    assert json_of(response)["dependencies"]["cosmos"] == "down"


async def test_why_it_is_down_is_in_the_log_and_not_in_the_answer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    response = await checked(down, up)
    assert b"example.net" not in response.get_body()
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert SECRET in caplog.text


async def test_the_dependencies_are_those_of_the_application() -> None:
    dependencies = FakeApplication().dependencies
    assert {name: d.commands_need_it for name, d in dependencies.items()} == {
        "cosmos": True,
        "eventHubs": False,
    }

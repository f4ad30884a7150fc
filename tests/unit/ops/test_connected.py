"""Operators' commands: whose settings count, and faults that are told without a traceback."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from event_store.errors import StoreUnavailable
from ops import connected
from tests.stack.in_process import ENVIRONMENT
from wiring import Application

type Write = Callable[[Any], Path]


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting in the environment, no default file."""
    for name in (*ENVIRONMENT, "SHARDS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(connected, "DEFAULT_FILE", tmp_path / "local.settings.json")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(content: Any, name: str = "local.settings.json") -> Path:
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return write


def run(settings: Path | None = None, work: connected.Work | None = None) -> int:
    async def nothing(_: Application) -> int:
        return 0

    return connected.run(argparse.Namespace(settings=settings), work or nothing)


def shards(*found: int) -> tuple[list[int], connected.Work]:
    """Work that notes the setting SHARDS, and its notes."""
    notes = list(found)

    async def note(application: Application) -> int:
        notes.append(application.settings.shards)
        return 0

    return notes, note


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**ENVIRONMENT, "SHARDS": "3"}.items():
        monkeypatch.setenv(name, value)
    notes, note = shards()
    assert run(work=note) == 0
    assert notes == [3]


def test_a_file_says_what_the_environment_does_not(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes, note = shards()
    path = write({"IsEncrypted": False, "Values": {**ENVIRONMENT, "SHARDS": "3"}})
    assert run(path, note) == 0
    monkeypatch.setenv("SHARDS", "5")
    assert run(path, note) == 0
    assert notes == [3, 5]


def test_the_default_file_is_read_where_it_is_there(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run() == 1
    said = capsys.readouterr().err
    assert "CosmosDB" in said
    assert "--settings names a file that has them" in said
    write({"Values": dict(ENVIRONMENT)})
    assert run() == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("no JSON", "not a file of settings"),
        ({"values": {}}, "expected"),
        ({"Values": {"SHARDS": 3}}, "$.Values"),
        ({"Values": {}, "IsEncrypted": True}, "is encrypted"),
        ({"Values": {**ENVIRONMENT, "SHARDS": "none"}}, "SHARDS is malformed"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_what_is_wrong(
    write: Write, capsys: pytest.CaptureFixture[str], content: Any, said: str
) -> None:
    assert run(write(content)) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert said in error


def test_a_named_file_has_to_be_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path / "none.json") == 1
    assert "none.json cannot be read" in capsys.readouterr().err


def test_what_cosmos_db_does_not_do_is_told_once_however_many_times_it_was_asked(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    async def unavailable(_: Application) -> int:
        raised = [StoreUnavailable("away"), StoreUnavailable("away")]
        raise ExceptionGroup("stopped", [*raised, ExceptionGroup("within", raised)])

    assert run(write({"Values": dict(ENVIRONMENT)}), unavailable) == 1
    assert capsys.readouterr().err == "error: away\n"


def test_a_defect_is_not_taken_for_a_fault_of_the_operator(write: Write) -> None:
    async def defect(_: Application) -> int:
        raise LookupError("a defect")

    with pytest.raises(LookupError):
        run(write({"Values": dict(ENVIRONMENT)}), defect)


async def test_clients_that_were_made_are_closed() -> None:
    async with connected.application(ENVIRONMENT) as application:
        http = application.http
        assert not http.closed
    assert http.closed
    assert "cosmos" not in vars(application)

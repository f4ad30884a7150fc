"""The key-encryption key in a file."""

import base64
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from local import keys
from privacy.errors import KeysUnavailable
from privacy.key_file import KeyFile

SECRET = base64.b64encode(bytes(32)).decode()


def file(folder: Path, content: Any) -> KeyFile:
    path = folder / "keys.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return KeyFile(path)


async def test_the_file_that_the_local_azure_makes_is_one(tmp_path: Path) -> None:
    path = keys.ensure(tmp_path / "keys.json")
    newest = await KeyFile(path).newest()
    assert newest.version == "1"
    assert len(newest.secret) == 32
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    keys.ensure(path)
    assert await KeyFile(path).newest() == newest


async def test_a_rotation_keeps_the_older_versions_and_the_files_mode(tmp_path: Path) -> None:
    path = keys.ensure(tmp_path / "keys.json")
    source = KeyFile(path)
    first = await source.newest()
    second = await source.rotate()
    third = await KeyFile(path).rotate()
    assert [key.version for key in (first, second, third)] == ["1", "2", "3"]
    assert await source.newest() == third
    assert [await source.version(version) for version in "123"] == [first, second, third]
    assert len({key.secret for key in (first, second, third)}) == 3
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        {},
        {"keys": []},
        {"keys": [1]},
        {"keys": [{"version": "1"}]},
        {"keys": [{"version": "1", "secret": "zzsecret!"}]},
        {"keys": [{"version": "1", "secret": base64.b64encode(b"zzsecret").decode()}]},
        {"keys": [{"version": "one", "secret": SECRET}]},
        {"keys": [{"version": 1, "secret": SECRET}]},
    ],
)
async def test_what_is_no_file_of_keys_is_refused_without_showing_it(
    tmp_path: Path, content: Any
) -> None:
    with pytest.raises(KeysUnavailable) as refusal:
        await file(tmp_path, content).newest()
    assert "zzsecret" not in str(refusal.value)


async def test_a_file_or_a_version_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeysUnavailable, match=r"keys\.json"):
        await KeyFile(tmp_path / "keys.json").newest()
    kept = file(tmp_path, {"keys": [{"version": "1", "secret": SECRET}]})
    with pytest.raises(KeysUnavailable, match="Version 2"):
        await kept.version("2")

"""The key-encryption key in a file, for development: `KEY_VAULT_URL=file:///…/keys.json`.

The file holds `{"keys": [{"version": "1", "secret": base64 of 32 bytes}, …]}`, the newest last.
"""

import asyncio
import os
from pathlib import Path
from typing import Annotated

import msgspec

from privacy.errors import KeysUnavailable
from privacy.key_ring import WrappingKey
from privacy.sealing import KEY_BYTES


class _Key(msgspec.Struct):
    version: Annotated[str, msgspec.Meta(pattern="^[0-9]{1,9}$")]
    secret: Annotated[bytes, msgspec.Meta(min_length=KEY_BYTES, max_length=KEY_BYTES)]


class _Keys(msgspec.Struct):
    keys: Annotated[list[_Key], msgspec.Meta(min_length=1)]


class KeyFile:
    """A key source over a file that only its owner reads."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def newest(self) -> WrappingKey:
        return _known((await asyncio.to_thread(self._read)).keys[-1])

    async def version(self, version: str) -> WrappingKey:
        for key in (await asyncio.to_thread(self._read)).keys:
            if key.version == version:
                return _known(key)
        raise KeysUnavailable(f"Version {version} of the key is not in {self._path.name}.")

    async def rotate(self) -> WrappingKey:
        return await asyncio.to_thread(self._add)

    def _read(self) -> _Keys:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=_Keys)
        except (OSError, msgspec.DecodeError) as error:
            raise KeysUnavailable(f"{self._path.name} cannot be read as a file of keys.") from error

    def _add(self) -> WrappingKey:
        """A file that is written whole, then takes the place of the other."""
        stored = self._read()
        newest = max(int(key.version) for key in stored.keys)
        key = _Key(str(newest + 1), os.urandom(KEY_BYTES))
        beside = self._path.with_suffix(".new")
        beside.touch(mode=0o600)
        with beside.open("wb") as file:
            file.write(msgspec.json.encode(_Keys([*stored.keys, key])))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)
        return _known(key)


def _known(key: _Key) -> WrappingKey:
    return WrappingKey(key.version, key.secret)

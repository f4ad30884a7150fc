"""The key-encryption key in its versions: the newest wraps, every one unwraps."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

import msgspec

from privacy.errors import KeysUnavailable
from privacy.remembered import Remembered

LIFETIME_SECONDS: Final = 300.0
"""How long a process goes by what Key Vault said: a rotated key is used after that at the latest."""
MOST_VERSIONS: Final = 100
NEWEST: Final = ""


class WrappingKey(msgspec.Struct, frozen=True):
    """One version of the key-encryption key: 32 bytes."""

    version: str
    secret: bytes

    def __repr__(self) -> str:
        return f"WrappingKey({self.version!r})"


class KeySource(Protocol):
    """Where the key-encryption key is kept. Every method raises KeysUnavailable."""

    async def newest(self) -> WrappingKey | None:
        """None before the first rotation."""

    async def version(self, version: str) -> WrappingKey:
        """An older version, or the newest by its name."""

    async def rotate(self) -> WrappingKey:
        """Makes a new version, which is the newest from now on."""


class KeyRing:
    """A source's keys, remembered for a while. `clock` counts seconds."""

    def __init__(
        self,
        source: KeySource,
        lifetime: float = LIFETIME_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.source = source
        self.lifetime = lifetime
        self._clock = clock
        self._known = Remembered[str, WrappingKey](lifetime, MOST_VERSIONS, clock)
        self._asking = asyncio.Lock()

    async def newest(self) -> WrappingKey:
        """Raises KeysUnavailable."""
        return self._known.get(NEWEST) or await self._asked(NEWEST, self._newest)

    async def version(self, version: str) -> WrappingKey:
        """Raises KeysUnavailable."""
        known = self._known.get(version)
        return known or await self._asked(version, lambda: self.source.version(version))

    async def _newest(self) -> WrappingKey:
        newest = await self.source.newest()
        if newest is None:
            raise KeysUnavailable("There is no key yet: 'python -m ops rotate-key' makes one.")
        return newest

    async def _asked(self, name: str, ask: Callable[[], Awaitable[WrappingKey]]) -> WrappingKey:
        """One question at a time: who waited finds the answer."""
        async with self._asking:
            known = self._known.get(name)
            if known is None:
                asked = self._clock()
                known = self._known.put(name, await ask(), asked)
                self._known.put(known.version, known, asked)
            return known

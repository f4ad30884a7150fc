"""Keys in memory: the key-encryption key's source, and the store of people's keys, both countable and unreliable."""

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator

from event_store.errors import StoreUnavailable
from event_store.sealer import Sealer
from privacy.errors import KeysUnavailable
from privacy.key_ring import KeyRing, WrappingKey
from privacy.subject_keys import SubjectKey
from privacy.vault import Vault


class FakeKeySource:
    """A key source with one version; `asked` names every question, `away` refuses them."""

    def __init__(self) -> None:
        self.versions = [WrappingKey("1", os.urandom(32))]
        self.asked: list[str] = []
        self.away = False

    async def newest(self) -> WrappingKey:
        await self._answer("newest")
        return self.versions[-1]

    async def version(self, version: str) -> WrappingKey:
        await self._answer(version)
        for key in self.versions:
            if key.version == version:
                return key
        raise KeysUnavailable(f"There is no version {version}.")

    async def rotate(self) -> WrappingKey:
        await self._answer("rotate")
        self.versions.append(WrappingKey(str(len(self.versions) + 1), os.urandom(32)))
        return self.versions[-1]

    async def _answer(self, question: str) -> None:
        self.asked.append(question)
        await asyncio.sleep(0)
        if self.away:
            raise KeysUnavailable("injected")


class FakeSubjectKeys:
    """People's keys. `faults` become of the next operations: `before` or `after` the work, None for none."""

    def __init__(self) -> None:
        self.stored: dict[str, tuple[SubjectKey, str]] = {}
        self.asked: list[str] = []
        self.faults: deque[str | None] = deque()
        self._writes = 0

    async def load(self, subject: str) -> tuple[SubjectKey, str] | None:
        fault = await self._begin("load")
        found = self.stored.get(subject)
        self._end(fault)
        return found

    async def save(self, key: SubjectKey, etag: str | None) -> bool:
        fault = await self._begin("save")
        there = self.stored.get(key.id)
        if (there[1] if there else None) != etag:
            return False
        self._writes += 1
        self.stored[key.id] = (key, f"etag-{self._writes}")
        self._end(fault)
        return True

    async def count_not_wrapped_by(self, version: str) -> int:
        return len(self._others(version))

    async def not_wrapped_by(self, version: str) -> AsyncIterator[tuple[SubjectKey, str]]:
        for subject in self._others(version):
            await asyncio.sleep(0)
            yield self.stored[subject]

    def _others(self, version: str) -> list[str]:
        kept = [key for key, _ in self.stored.values() if key.key_id is not None]
        return [key.id for key in kept if key.wrapped_by != version]

    async def _begin(self, name: str) -> str | None:
        self.asked.append(name)
        await asyncio.sleep(0)
        fault = self.faults.popleft() if self.faults else None
        if fault == "before":
            raise StoreUnavailable("injected")
        return fault

    def _end(self, fault: str | None) -> None:
        if fault == "after":
            raise StoreUnavailable("injected")


def sealer() -> Sealer:
    """A sealer with keys of its own."""
    return Sealer(Vault(KeyRing(FakeKeySource()), FakeSubjectKeys()))

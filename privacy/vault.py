"""People's keys at hand: made when first needed, remembered for a while, gone when a person is erased."""

import os
import time
import uuid
from collections.abc import Callable
from typing import Any, Final, Literal

from privacy.errors import Erased, KeysUnavailable
from privacy.key_ring import KeyRing
from privacy.remembered import Remembered
from privacy.sealing import KEY_BYTES, DataKey, Sealed, unseal
from privacy.subject_keys import SubjectKey, SubjectKeys, unwrapped, wrapped

LIFETIME_SECONDS: Final = 300.0
"""How long a process may still open what was erased elsewhere; an erasure is done only after it."""
MOST_KEYS: Final = 10_000


class Vault:
    """Gives people's keys. `clock` counts seconds."""

    def __init__(
        self,
        ring: KeyRing,
        keys: SubjectKeys,
        lifetime: float = LIFETIME_SECONDS,
        most: int = MOST_KEYS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.ring = ring
        self.keys = keys
        self.lifetime = lifetime
        self._clock = clock
        self._known = Remembered[str, DataKey](lifetime, most, clock)
        self._destroyed = Remembered[str, Literal[True]](lifetime, most, clock)

    async def key_of(self, subject: str) -> DataKey:
        """The key to seal a person's data with. Raises KeysUnavailable, Tampered, and what the store raises."""
        known = self._known.get(subject)
        while known is None:
            asked = self._clock()
            stored, etag = await self.keys.load(subject) or (SubjectKey(subject), None)
            if stored.key_id is not None:
                known = await self._unwrapped(stored)
            else:
                known = await self._made(stored, etag)
            if known is not None:
                self._known.put(subject, known, asked)
        return known

    async def open(self, sealed: Sealed, place: str) -> Any:
        """A sealed value. Raises Erased, Tampered, KeysUnavailable, and what the store raises."""
        key = self._known.get(sealed.subject)
        if key is None or key.id != sealed.key:
            key = await self._asked_for(sealed)
        return unseal(sealed, key, place)

    def forget(self, subject: str) -> None:
        """Forgets a person's key: it was destroyed."""
        self._known.drop(subject)

    async def _asked_for(self, sealed: Sealed) -> DataKey:
        """The key of a sealed value from the store. A lost key is not taken for an erased one."""
        if self._destroyed.get(sealed.key):
            raise Erased("The person's data was erased.")
        asked = self._clock()
        stored, _ = await self.keys.load(sealed.subject) or (SubjectKey(sealed.subject), None)
        if stored.key_id == sealed.key:
            return self._known.put(sealed.subject, await self._unwrapped(stored), asked)
        if stored.erased_at is None:
            raise KeysUnavailable("A person's key is missing, and no erasure is on record.")
        self._destroyed.put(sealed.key, True, asked)
        raise Erased("The person's data was erased.")

    async def _made(self, before: SubjectKey, etag: str | None) -> DataKey | None:
        """A new key for a person, unless somebody else made one meanwhile."""
        key = DataKey(before.id, uuid.uuid4().hex, os.urandom(KEY_BYTES))
        stored = wrapped(key, await self.ring.newest(), before.erased_at)
        return key if await self.keys.save(stored, etag) else None

    async def _unwrapped(self, stored: SubjectKey) -> DataKey:
        return unwrapped(stored, await self.ring.version(stored.wrapped_by or ""))

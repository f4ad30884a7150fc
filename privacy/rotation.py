"""Rotation of the key-encryption key: a new version, and everybody's key wrapped by it."""

from collections.abc import AsyncIterator
from enum import Enum

from privacy.errors import Tampered
from privacy.key_ring import KeyRing, WrappingKey
from privacy.subject_keys import SubjectKey, SubjectKeys, unwrapped, wrapped


class Rewrapped(Enum):
    """What became of one person's key."""

    DONE = "wrapped by the newest version"
    OVERTAKEN = "changed by somebody else meanwhile"
    UNREADABLE = "left as it is: it cannot be unwrapped"


class Rotation:
    """Interrupted anywhere, every key is wrapped by one version or another, and a rerun goes on."""

    def __init__(self, ring: KeyRing, keys: SubjectKeys) -> None:
        self._ring = ring
        self._keys = keys

    async def begin(self) -> tuple[WrappingKey, bool]:
        """The version to wrap by: a new one, or (False) the newest, where a rotation to it is unfinished.

        Raises KeysUnavailable, and what the store raises.
        """
        newest = await self._ring.source.newest()
        if newest is not None and await self.left(newest):
            return newest, False
        return await self._ring.source.rotate(), True

    async def left(self, newest: WrappingKey) -> int:
        """How many keys another version wraps. Raises what the store raises."""
        return await self._keys.count_not_wrapped_by(newest.version)

    async def rewrap(self, newest: WrappingKey) -> AsyncIterator[tuple[str, Rewrapped]]:
        """Wraps one key after the other; whose it was, and what became of it.

        Raises KeysUnavailable, and what the store raises.
        """
        async for stored, etag in self._keys.not_wrapped_by(newest.version):
            yield stored.id, await self._rewrapped(stored, etag, newest)

    async def _rewrapped(self, stored: SubjectKey, etag: str, newest: WrappingKey) -> Rewrapped:
        before = await self._ring.version(stored.wrapped_by or "")
        try:
            key = unwrapped(stored, before)
        except Tampered:
            return Rewrapped.UNREADABLE
        saved = await self._keys.save(wrapped(key, newest, stored.erased_at), etag)
        return Rewrapped.DONE if saved else Rewrapped.OVERTAKEN

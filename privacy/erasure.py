"""Erasure of a person's data: the key is destroyed, and with it every value that it sealed."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

import msgspec

from privacy.errors import NotErased
from privacy.subject_keys import SubjectKey, SubjectKeys
from privacy.vault import Vault

SETTLING_SECONDS: Final = 60.0
"""For the write that destroys a key to arrive, beyond the lifetime of keys in memory."""


class ErasureRecord(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Which key of which person was to be destroyed: when (RFC 3339, UTC), by whom, in which request."""

    subject: str
    key_id: str | None
    at: str
    by: str | None = None
    correlation_id: str | None = None


class ErasureLog(Protocol):
    """Every erasure, kept apart from the store of the keys, so that no restore of that store undoes one."""

    async def append(self, record: ErasureRecord) -> None:
        """Keeps a record. The same key's, given again, changes nothing."""

    def all(self) -> AsyncIterator[ErasureRecord]: ...


class Erasure(msgspec.Struct, frozen=True):
    """A person's newest erasure; `done_at` is when no process has the key in memory any more."""

    subject: str
    erased_at: datetime
    done_at: datetime
    done: bool


class Eraser:
    """Destroys people's keys. `now` gives the time in UTC."""

    def __init__(
        self,
        vault: Vault,
        keys: SubjectKeys,
        log: ErasureLog,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._vault = vault
        self._keys = keys
        self._log = log
        self._now = now

    async def erase(
        self, subject: str, by: str | None = None, correlation_id: str | None = None
    ) -> Erasure:
        """Destroys a person's key, on the log before anything else; asked again, finishes what was begun.

        Raises what the log and the store raise.
        """
        while True:
            stored, etag = await self._keys.load(subject) or (SubjectKey(subject), None)
            if stored.key_id is None and stored.erased_at is not None:
                return self._progress(stored)
            at = _text(self._now())
            await self._log.append(ErasureRecord(subject, stored.key_id, at, by, correlation_id))
            await self._destroy(subject, etag)

    async def progress(self, subject: str) -> Erasure:
        """Raises NotErased, and what the store raises."""
        loaded = await self._keys.load(subject)
        if loaded is None or loaded[0].erased_at is None:
            raise NotErased(f"No erasure of '{subject}' is on record.")
        return self._progress(loaded[0])

    async def replay(self) -> AsyncIterator[tuple[ErasureRecord, bool]]:
        """Destroys again what a restore brought back; each record, and whether its key was there.

        A key that the person got after an erasure is another one, and stays.
        Raises what the log and the store raise.
        """
        async for record in self._log.all():
            yield record, await self._destroyed_again(record)

    async def _destroyed_again(self, record: ErasureRecord) -> bool:
        found = False
        while record.key_id is not None:
            loaded = await self._keys.load(record.subject)
            if loaded is None or loaded[0].key_id != record.key_id:
                break
            found = True
            await self._destroy(record.subject, loaded[1])
        return found

    async def _destroy(self, subject: str, etag: str | None) -> None:
        """Writes over a key, unless somebody was faster: the next look tells."""
        await self._keys.save(SubjectKey(subject, erased_at=_text(self._now())), etag)
        self._vault.forget(subject)

    def _progress(self, stored: SubjectKey) -> Erasure:
        assert stored.erased_at is not None
        erased_at = datetime.fromisoformat(stored.erased_at)
        done_at = erased_at + timedelta(seconds=self._vault.lifetime + SETTLING_SECONDS)
        return Erasure(stored.id, erased_at, done_at, self._now() >= done_at)


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")

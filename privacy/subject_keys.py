"""People's keys as they are stored: one per person, wrapped by the key-encryption key."""

import base64
import binascii
from collections.abc import AsyncIterator
from typing import Protocol

import msgspec

from privacy.errors import Tampered
from privacy.key_ring import WrappingKey
from privacy.sealing import DataKey, decrypt, encrypt


class SubjectKey(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A person's key: `wrapped` (base64) by a version of the key-encryption key.

    After an erasure there is no key, only when the newest was destroyed; data that the same person
    leaves later gets a new one.
    """

    id: str
    key_id: str | None = None
    wrapped: str | None = None
    wrapped_by: str | None = None
    erased_at: str | None = None


class SubjectKeys(Protocol):
    """Where people's keys are stored. Raises StoreUnavailable."""

    async def load(self, subject: str) -> tuple[SubjectKey, str] | None:
        """A person's key, and the etag to write over it."""

    async def save(self, key: SubjectKey, etag: str | None) -> bool:
        """Writes over what was loaded, or a new one; False when somebody else was faster, or when it was
        this very write, whose answer was lost."""

    async def count_not_wrapped_by(self, version: str) -> int:
        """How many keys another version of the key-encryption key wraps."""

    def not_wrapped_by(self, version: str) -> AsyncIterator[tuple[SubjectKey, str]]:
        """Those keys, with the etags to write over them."""


def wrapped(key: DataKey, by: WrappingKey, erased_at: str | None = None) -> SubjectKey:
    """A key as it is stored, behind an earlier one that was erased at a moment."""
    sealed = encrypt(by.secret, key.secret, _bound(key.subject, key.id))
    return SubjectKey(
        id=key.subject,
        key_id=key.id,
        wrapped=base64.b64encode(sealed).decode(),
        wrapped_by=by.version,
        erased_at=erased_at,
    )


def unwrapped(stored: SubjectKey, by: WrappingKey) -> DataKey:
    """A stored key, which is none that was erased. Raises Tampered."""
    assert stored.key_id is not None
    try:
        sealed = base64.b64decode(stored.wrapped or "", validate=True)
    except binascii.Error as error:
        raise Tampered("A person's key is not what wrapping writes.") from error
    secret = decrypt(by.secret, sealed, _bound(stored.id, stored.key_id))
    return DataKey(stored.id, stored.key_id, secret)


def _bound(subject: str, key_id: str) -> bytes:
    return f"{subject}|{key_id}".encode()

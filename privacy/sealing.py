"""Sealed values: AES-256-GCM, bound to the stream, the version and the field that they are of.

What stands in the place of a sensitive value is `{"$sealed": text, "subject": whose, "key": which}`; the text
is base64url of nonce and ciphertext (NIST SP 800-38D: a random 96-bit nonce, a 128-bit tag).
"""

import base64
import os
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from privacy.errors import Tampered

MARK: Final = "$sealed"
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
SCALARS: Final = frozenset({str, int, float, bool, type(None)})
"""What nothing can be sealed below."""


class DataKey(msgspec.Struct, frozen=True):
    """A person's key: whose, which one of theirs, and the 32 bytes of it."""

    subject: str
    id: str
    secret: bytes

    def __repr__(self) -> str:
        return f"DataKey({self.subject!r}, {self.id!r})"


class Sealed(msgspec.Struct, frozen=True, rename={"text": MARK}, forbid_unknown_fields=True):
    """What stands in the place of a value: sealed under which of whose keys."""

    text: str
    subject: str
    key: str


def seal(value: Any, key: DataKey, place: str) -> dict[str, str]:
    """A JSON value, sealed for one place (`order-789|3|data/signedBy`)."""
    text = _text(encrypt(key.secret, msgspec.json.encode(value), _bound(key, place)))
    return {MARK: text, "subject": key.subject, "key": key.id}


def unseal(sealed: Sealed, key: DataKey, place: str) -> Any:
    """What was sealed. Raises Tampered where place, key or text are not those of the sealing."""
    return msgspec.json.decode(decrypt(key.secret, _bytes(sealed.text), _bound(key, place)))


def is_sealed(stored: Any) -> bool:
    return isinstance(stored, dict) and MARK in stored


def sealed_in(stored: Any) -> dict[str, Sealed]:
    """Every sealed value below a stored one, by its path (`data/contact/email`). Raises Tampered."""
    found: dict[str, Sealed] = {}

    def note(path: str, sealed: Mapping[str, Any]) -> None:
        try:
            found[path] = msgspec.convert(sealed, Sealed)
        except msgspec.ValidationError as error:
            raise Tampered("A sealed value is not what sealing writes.") from error

    replace_sealed(stored, note)
    return found


def replace_sealed(
    stored: Any, replace: Callable[[str, Mapping[str, Any]], Any], path: str = ""
) -> Any:
    """A stored value with something else for each sealed one, by its path."""
    if is_sealed(stored):
        return replace(path, stored)
    below = f"{path}/" if path else ""
    match stored:
        case dict():
            return {k: replace_sealed(v, replace, f"{below}{k}") for k, v in stored.items()}
        case list() | tuple():
            return [replace_sealed(v, replace, f"{below}{i}") for i, v in enumerate(stored)]
        case _:
            return stored


def without_sealed(stored: Any) -> Any:
    """A stored value without what is sealed in it: the shape that domain and projections know."""
    match stored:
        case dict():
            return {
                name: value if type(value) in SCALARS else without_sealed(value)
                for name, value in stored.items()
                if type(value) in SCALARS or not is_sealed(value)
            }
        case list() | tuple():
            return [without_sealed(item) for item in stored]
        case _:
            return stored


def encrypt(secret: bytes, plain: bytes, bound_to: bytes) -> bytes:
    """Nonce and ciphertext."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(secret).encrypt(nonce, plain, bound_to)


def decrypt(secret: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    """Raises Tampered."""
    try:
        return AESGCM(secret).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)
    except (InvalidTag, ValueError) as error:
        raise Tampered("A sealed value cannot be opened where it stands.") from error


def _bound(key: DataKey, place: str) -> bytes:
    return f"{key.subject}|{key.id}|{place}".encode()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()


def _bytes(text: str) -> bytes:
    """The bytes of a text in the one form that `_text` gives it. Raises Tampered."""
    try:
        raw = base64.urlsafe_b64decode(text)
    except ValueError:
        raw = b""
    if _text(raw) != text:
        raise Tampered("A sealed value is not what sealing writes.")
    return raw

"""Requests and responses as the core sees them, free of any transport."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final
from urllib.parse import unquote

import msgspec

from local.cosmos.errors import bad_request

CHARGE: Final = "x-ms-request-charge"
CONTINUATION: Final = "x-ms-continuation"
ITEM_COUNT: Final = "x-ms-item-count"
PARTITION_KEY: Final = "x-ms-documentdb-partitionkey"
RANGE_ID: Final = "x-ms-documentdb-partitionkeyrangeid"
SESSION: Final = "x-ms-session-token"
SUBSTATUS: Final = "x-ms-substatus"

_BINARY_JSON: Final = 0x80


@dataclass(frozen=True)
class Request:
    """One HTTP request; header names are in lower case, `base_url` is as the client reached us."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    base_url: str

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """The decoded parts of the path: `/dbs/a/colls/b/docs/` → dbs, a, colls, b, docs."""
        path = self.path.partition("?")[0]
        return tuple(unquote(part) for part in path.split("/") if part)

    def header(self, name: str) -> str | None:
        return self.headers.get(name)

    def flag(self, name: str) -> bool:
        """A boolean header: the SDKs write `True` and `true`."""
        return self.headers.get(name, "").lower() == "true"

    def count(self, name: str, default: int) -> int:
        """A header that is a whole number; raises 400 when it is none."""
        text = self.headers.get(name) or str(default)
        try:
            return int(text)
        except ValueError:
            raise bad_request(
                f"The header {name} must be a whole number, it is '{text}'."
            ) from None

    @property
    def minimal(self) -> bool:
        """Whether the client asks for no body in the answer to a write."""
        return self.headers.get("prefer", "").lower() == "return=minimal"

    @cached_property
    def json(self) -> Any:
        """The body as JSON; raises 400 when it is not strict JSON."""
        return decode_json(self.body)

    @property
    def object(self) -> dict[str, Any]:
        """The body as a JSON object; raises 400 when it is none."""
        if not isinstance(self.json, dict):
            raise bad_request("The input content is invalid because it is not a JSON object.")
        return self.json


@dataclass(frozen=True)
class Response:
    """One HTTP response."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Answer:
    """What an operation comes to before it is a response; `body` is a JSON value or raw bytes."""

    status: int
    body: Any = None
    charge: float = 1.0
    headers: dict[str, str] = field(default_factory=dict)


def decode_json(body: bytes) -> Any:
    """Strict JSON (no NaN, no trailing text, UTF-8); raises 400."""
    if body[:1] == bytes([_BINARY_JSON]):
        raise bad_request("Binary JSON is not supported by the local server, send JSON text.")
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise bad_request(f"The input content is invalid: {error}") from error


def encode_json(value: Any) -> bytes:
    return msgspec.json.encode(value)

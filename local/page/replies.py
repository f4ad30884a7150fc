"""Requests to the page and its replies, free of any transport."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Final

import msgspec

STATIC: Final = Path(__file__).parent / "static"

CONTENT_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
}

GUARDS: Final = {
    "cache-control": "no-store",
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
"""Events hold what strangers wrote: nothing of it can become a script, a style or an address."""


@dataclass(frozen=True, slots=True)
class Request:
    """`path` is what follows `/_local`, decoded; `target` the same as it was sent, with its query. Header
    names are lower-case."""

    method: str
    path: str
    target: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """A request that the page does not answer: the status, and what was expected."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status


def json_reply(value: msgspec.Struct) -> Reply:
    return Reply(200, msgspec.json.encode(value), {"content-type": "application/json"})


def problem(status: HTTPStatus, detail: str) -> Reply:
    """A problem document (RFC 9457) without a type of its own."""
    document = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
    }
    return Reply(
        status, msgspec.json.encode(document), {"content-type": "application/problem+json"}
    )


def file_reply(name: str) -> Reply:
    """A file of the page, read anew each time: a change shows after a reload. Raises Refused."""
    path = STATIC / name
    if path.parent != STATIC or path.suffix not in CONTENT_TYPES or not path.is_file():
        raise Refused(HTTPStatus.NOT_FOUND, f"The page has no file '{name}'.")
    return Reply(200, path.read_bytes(), {"content-type": CONTENT_TYPES[path.suffix]})

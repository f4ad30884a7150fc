"""The ASGI application: limits, keys, routes, one invocation a request."""

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from local.forwarding import Forwarder, Unreachable
from local.functions_host.admin import Admin
from local.functions_host.functions import Function
from local.functions_host.http_messages import (
    SERVER_ERROR,
    Answer,
    answer_of,
    join_headers,
    parse_query,
    request_datum,
    request_metadata,
)
from local.functions_host.invocation import Invoker
from local.functions_host.keys import Keys, Level, required_level
from local.functions_host.request_path import BadPath, decode_path, encode_path
from local.functions_host.router import Router

type Scope = MutableMapping[str, Any]
type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]

MAX_BODY = 104_857_600
"""Bytes; one more is a 500 and the end of the connection."""

NOT_FOUND = Answer(404)
UNAUTHORIZED = Answer(401)
TOO_MANY = Answer(429, (("X-FUNCTION-SCALEOUT", "1"),))
TOO_LARGE = Answer(500, (("Connection", "close"),))
AWAY = Answer(502)
WELCOME = Answer(
    200,
    (("Content-Type", "text/html"),),
    b"<!DOCTYPE html><title>Functions host</title><p>Your Functions host is up and running.</p>",
)

logger = logging.getLogger("functions_host")


@dataclass(frozen=True, slots=True)
class Request:
    """A request as routes, keys and functions look at it."""

    method: str
    scheme: str
    path: str
    raw_query: str
    headers: dict[str, str]
    query: dict[str, str]

    @property
    def url(self) -> str:
        """Scheme, Host header, path and raw query; X-Forwarded-* plays no part."""
        query = f"?{self.raw_query}" if self.raw_query else ""
        return f"{self.scheme}://{self.headers.get('host', '')}{encode_path(self.path)}{query}"


class HttpApp:
    """Answers every request of the host. `keys` None leaves everything open, as Core Tools does.

    `beside` is asked for what lies under `/_local`, which the real host does not have.
    """

    def __init__(
        self,
        router: Router,
        invoker: Invoker,
        admin: Admin,
        keys: Keys | None,
        max_outstanding: int | None,
        beside: Forwarder | None = None,
    ) -> None:
        self._router = router
        self._invoker = invoker
        self._admin = admin
        self._keys = keys
        self._max_outstanding = max_outstanding
        self._outstanding = 0
        self._beside = beside

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            request = _request(scope)
        except BadPath as fault:
            logger.warning("400: %s in the path %r", fault, scope["raw_path"])
            answer = Answer(400)
        else:
            answer = await self._answer(request, receive)
        start = {"type": "http.response.start", "status": answer.status, "headers": answer.lines()}
        await send(start)
        await send({"type": "http.response.body", "body": answer.body})

    async def _answer(self, request: Request, receive: Receive) -> Answer:
        if int(request.headers.get("content-length", 0)) > MAX_BODY:
            return TOO_LARGE
        body = await _body(request, receive)
        if request.path == "/":
            return WELCOME
        if request.path == "/admin" or request.path.startswith("/admin/"):
            level = self._level(request)
            return self._admin.answer(request.method, request.path, request.headers, body, level)
        if self._beside is not None and f"{request.path}/".startswith("/_local/"):
            return await _answer_beside(self._beside, request, body)
        found = self._router.match(request.method, request.path)
        if found is None:
            return NOT_FOUND
        return await self._call(*found, request, body)

    async def _call(
        self, function: Function, route_values: dict[str, str], request: Request, body: bytes
    ) -> Answer:
        if self._outstanding == self._max_outstanding:
            return TOO_MANY
        if self._level(request) < required_level(function):
            return UNAUTHORIZED
        self._outstanding += 1
        try:
            outcome = await self._invoker.once(
                function,
                request_datum(
                    request.method, request.url, request.headers, request.query, route_values, body
                ),
                request_metadata(request.headers, request.query),
            )
        finally:
            self._outstanding -= 1
        return answer_of(function, outcome.value) if outcome.ok else SERVER_ERROR

    def _level(self, request: Request) -> Level:
        if self._keys is None:
            return Level.ADMIN
        return self._keys.level(request.headers, request.query)


def _request(scope: Scope) -> Request:
    query = scope["query_string"].decode("latin-1")
    return Request(
        method=scope["method"],
        scheme=scope["scheme"],
        path=decode_path(scope["raw_path"]),
        raw_query=query,
        headers=join_headers(scope["headers"]),
        query=parse_query(query) if query else {},
    )


async def _answer_beside(beside: Forwarder, request: Request, body: bytes) -> Answer:
    query = f"?{request.raw_query}" if request.raw_query else ""
    target = f"{encode_path(request.path)}{query}"
    try:
        answer = await beside.send(request.method, target, request.headers, body)
    except Unreachable as error:
        logger.warning("502: %s", error)
        return AWAY
    return Answer(answer.status, tuple(answer.headers.items()), answer.body)


async def _body(request: Request, receive: Receive) -> bytes:
    """The whole body; a chunked one is read and thrown away, as the real host hands it over empty."""
    chunks: list[bytes] = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            break
    return b"".join(chunks) if "content-length" in request.headers else b""

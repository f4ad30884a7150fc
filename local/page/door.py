"""The ASGI application under `/_local/`: requests in, replies out, and who may ask."""

from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from local.page.replies import GUARDS, Refused, Reply, Request, problem
from local.page.routes import Routes

type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]

ROOT: Final = "/_local"
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class Door:
    """Answers who asks by a name of this machine.

    By another name a page of the internet could read what is here (DNS rebinding); nor may a page of another
    origin change anything.
    """

    def __init__(self, routes: Routes) -> None:
        self._routes = routes

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        request = _request(scope, await _body(receive))
        try:
            _check_who_asks(request)
            reply = await self._routes.answer(request)
        except Refused as refused:
            reply = problem(refused.status, str(refused))
        await _send(reply, send)


def _check_who_asks(request: Request) -> None:
    host = request.headers.get("host", "")
    if urlsplit(f"//{host}").hostname not in LOOPBACK:
        names = ", ".join(sorted(LOOPBACK))
        raise Refused(HTTPStatus.FORBIDDEN, f"The host is '{host}'; it must be one of {names}.")
    origin = request.headers.get("origin")
    if request.method != "GET" and origin is not None and urlsplit(origin).netloc != host:
        raise Refused(HTTPStatus.FORBIDDEN, f"'{origin}' is another origin than '{host}'.")


def _request(scope: Message, body: bytes) -> Request:
    path = scope["raw_path"].decode("ascii").removeprefix(ROOT)
    query = scope["query_string"].decode("latin-1")
    return Request(
        method=scope["method"],
        path=unquote(path),
        target=f"{path}?{query}" if query else path,
        query=dict(parse_qsl(query)),
        headers={name.decode("latin-1"): v.decode("latin-1") for name, v in scope["headers"]},
        body=body,
    )


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


async def _send(reply: Reply, send: Send) -> None:
    headers = {**reply.headers, **GUARDS}
    if reply.status not in (204, 304):
        headers["content-length"] = str(len(reply.body))
    lines = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": lines})
    await send({"type": "http.response.body", "body": reply.body})

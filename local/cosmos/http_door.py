"""The door for other processes: HTTP or HTTPS on loopback."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from local.cosmos.certificate import certificate_file
from local.cosmos.core import Cosmos
from local.cosmos.faults import ConnectionDropped
from local.cosmos.wire import Response, encode_json

type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type Beside = Callable[[Message, Receive, Send], Awaitable[None]]
"""An ASGI application for what lies under `/_local/` beside the statistics."""

TIDY_SECONDS: Final = 10.0
"""How long what was overwritten or deleted may stay in the files."""
_HOST: Final = "127.0.0.1"
_LOCAL_PATH: Final = b"/_local/"
_STATS_PATH: Final = b"/_local/stats"
_ABORT: Final = "local.abort"


class PortInUse(OSError):
    """The port that was asked for belongs to someone else."""


@dataclass(frozen=True)
class Door:
    """A running server."""

    port: int
    endpoint: str


@asynccontextmanager
async def serve(
    cosmos: Cosmos, port: int = 0, *, tls: bool = False, beside: Beside | None = None
) -> AsyncIterator[Door]:
    """Serve an account on 127.0.0.1 for as long as the context lasts; port 0 picks a free one.

    `beside` answers what lies under `/_local/` and is not the statistics. Runs in the current event loop and leaves signals alone. Raises PortInUse.
    """
    listener = _listen(port)
    bound = listener.getsockname()[1]
    with listener, _certificate(cosmos.folder, tls) as certificate:
        server = _Server(
            uvicorn.Config(
                _Application(cosmos, beside),
                http=_DroppableProtocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                ssl_certfile=certificate,
            )
        )
        running = asyncio.create_task(server.serve(sockets=[listener]))
        tidying = asyncio.create_task(_tidied_often(cosmos))
        try:
            await server.ready.wait()
            yield Door(bound, f"{'https' if tls else 'http'}://{_HOST}:{bound}/")
        finally:
            tidying.cancel()
            server.should_exit = True
            await running


async def _tidied_often(cosmos: Cosmos) -> None:
    while True:
        await asyncio.sleep(TIDY_SECONDS)
        cosmos.tidy()


class _Server(uvicorn.Server):
    """Tells when it takes connections, and leaves signals to whoever runs the loop."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_HOST, port))
    except OSError as error:
        listener.close()
        raise PortInUse(
            f"Port {port} on {_HOST} is taken. Stop what uses it, or choose another port."
        ) from error
    listener.listen(128)
    return listener


@contextmanager
def _certificate(folder: Path | None, tls: bool) -> Iterator[str | None]:
    """The certificate kept in the account's folder, or one for this run only."""
    if not tls:
        yield None
    elif folder is not None:
        yield str(certificate_file(folder))
    else:
        with TemporaryDirectory() as temporary:
            yield str(certificate_file(Path(temporary)))


class _DroppableProtocol(HttpToolsProtocol):
    """Lets the application end a connection without an answer."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["state"][_ABORT] = self.transport.abort


class _Application:
    """The ASGI application."""

    def __init__(self, cosmos: Cosmos, beside: Beside | None) -> None:
        self._cosmos = cosmos
        self._beside = beside

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if self._beside is not None and _is_beside(scope["raw_path"]):
            await self._beside(scope, receive, send)
            return
        body = await _body(receive)
        try:
            response = self._respond(scope, body)
        except ConnectionDropped:
            scope["state"][_ABORT]()
            await _disconnected(receive)
            return
        await _answer(send, response)

    def _respond(self, scope: Message, body: bytes) -> Response:
        if scope["raw_path"] == _STATS_PATH:
            return self._stats(scope["method"])
        path = scope["raw_path"].decode("ascii")
        headers = {name.decode("latin-1"): v.decode("latin-1") for name, v in scope["headers"]}
        base_url = f"{scope['scheme']}://{headers.get('host', _HOST)}/"
        return self._cosmos.handle(scope["method"], path, headers, body, base_url=base_url)

    def _stats(self, method: str) -> Response:
        """What was asked of the account so far; DELETE begins anew."""
        if method == "DELETE":
            self._cosmos.stats.reset()
            return Response(204, {}, b"")
        body = encode_json(self._cosmos.stats.snapshot())
        return Response(200, {"content-type": "application/json"}, body)


def _is_beside(path: bytes) -> bool:
    return path != _STATS_PATH and (path + b"/").startswith(_LOCAL_PATH)


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _answer(send: Send, response: Response) -> None:
    headers = [
        (name.encode("latin-1"), v.encode("latin-1")) for name, v in response.headers.items()
    ]
    if response.status not in (204, 304):
        headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})

"""uvicorn on a socket of ours, with Kestrel's name and limits."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from local.functions_host.errors import PortTaken
from local.functions_host.http_app import HttpApp

MAX_REQUEST_LINE = 8 * 1024
MAX_HEADERS = 32 * 1024
DRAIN_SECONDS = 30
"""How long the end waits for the requests in flight."""


class HttpServer:
    """Serves the app on 127.0.0.1 until `stop`."""

    def __init__(self, app: HttpApp, listener: socket.socket) -> None:
        self._listener = listener
        self._server = _Server(
            uvicorn.Config(
                app,
                http=_Protocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                headers=[("Server", "Kestrel")],
                timeout_keep_alive=130,
                timeout_graceful_shutdown=DRAIN_SECONDS,
            )
        )
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Serve from now on."""
        self._serving = asyncio.create_task(self._server.serve(sockets=[self._listener]))
        ready = asyncio.create_task(self._server.ready.wait())
        await asyncio.wait({ready, self._serving}, return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            ready.cancel()
            await self._serving

    async def stop(self) -> None:
        """Close the port at once, let the requests in flight end."""
        if self._serving is None:
            self._listener.close()
            return
        for server in self._server.servers:
            server.close()
        self._server.should_exit = True
        self._server.ended.set()
        await self._serving


def listen(port: int) -> socket.socket:
    """A listening socket on 127.0.0.1; port 0 takes a free one. Raises PortTaken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise PortTaken(
            f"port {port} of 127.0.0.1: {error.strerror}; give another --port"
        ) from error
    listener.setblocking(False)
    return listener


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()
        self.ended = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        """Once a second, for the Date header, where uvicorn wakes ten times; ends at once."""
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.ended.wait(), 1)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the host's: its pumps have to end too."""
        yield


class _RequestRefused(Exception):
    """Raised inside the parser to stop it; the status to answer is on the protocol."""


class _Protocol(HttpToolsProtocol):
    """Refuses long request lines (414) and headers (431) as Kestrel does."""

    _refusal = 400
    _header_bytes = 0

    def on_message_begin(self) -> None:
        self._header_bytes = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.parser.get_method()) + len(self.url) + len("  HTTP/1.1\r\n") > MAX_REQUEST_LINE:
            self._refuse(414)

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._header_bytes += len(name) + len(value) + len(": \r\n")
        if self._header_bytes > MAX_HEADERS:
            self._refuse(431)

    def send_400_response(self, msg: str) -> None:
        lines = [STATUS_LINE[self._refusal]]
        for name, value in self.server_state.default_headers:
            lines += [name, b": ", value, b"\r\n"]
        lines.append(b"content-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.write(b"".join(lines))
        self.transport.close()

    def _refuse(self, status: int) -> None:
        self._refusal = status
        raise _RequestRefused

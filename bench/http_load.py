"""HTTP load that costs little itself: one prepared request, again and again, on several connections."""

import asyncio
import time
from functools import partial
from typing import Final, cast
from urllib.parse import urlsplit

import httptools

AT_ONCE: Final = 16


async def requests_per_second(url: str, times: int) -> float:
    """GETs the URL so many times, 16 at once, each connection for itself. Raises UnexpectedAnswer."""
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    request = f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()
    loop = asyncio.get_running_loop()
    connect = partial(_Connection, request, times // AT_ONCE, loop)
    connections = [(await loop.create_connection(connect, host, port))[1] for _ in range(AT_ONCE)]
    begun = time.perf_counter()
    for connection in connections:
        connection.begin()
    await asyncio.gather(*(connection.done for connection in connections))
    return times / (time.perf_counter() - begun)


class UnexpectedAnswer(Exception):
    """Another status than 200, or an end before the last answer."""


class _Connection(asyncio.Protocol):
    """Sends the next request when the answer to the one before is complete."""

    def __init__(self, request: bytes, times: int, loop: asyncio.AbstractEventLoop) -> None:
        self.done: asyncio.Future[None] = loop.create_future()
        self._request = request
        self._left = times
        self._parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def begin(self) -> None:
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        if self._parser.get_status_code() != 200:
            self._fail(f"status {self._parser.get_status_code()}")
            return
        self._left -= 1
        if self._left:
            self.begin()
        elif not self.done.done():
            self._transport.close()
            self.done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(f"the connection ended ({exc}) with {self._left} requests to go")

    def _fail(self, what: str) -> None:
        if not self.done.done():
            self.done.set_exception(UnexpectedAnswer(what))

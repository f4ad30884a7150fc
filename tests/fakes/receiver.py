"""A webhook's receiver: an HTTP server on a free port of this machine that keeps what it is sent."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from aiohttp import web


class Received(msgspec.Struct, frozen=True):
    """One request; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        event: dict[str, Any] = msgspec.json.decode(self.body)
        return event


class Receiver:
    """Answers `always`, 400 to what it `refuses`, and to the next requests what `answers` holds: a status,
    with headers if it has some. None breaks the connection."""

    def __init__(self) -> None:
        self.url = ""
        self.received: list[Received] = []
        self.answers: deque[int | tuple[int, dict[str, str]] | None] = deque()
        self.always: int | None = 204
        self.refuses: Callable[[Received], bool] = lambda _: False
        self._arrival = asyncio.Condition()

    @property
    def ids(self) -> list[str]:
        return [received.headers["webhook-id"] for received in self.received]

    @property
    def versions(self) -> list[int]:
        return [received.event["version"] for received in self.received]

    async def handle(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        received = Received(request.method, request.raw_path, headers, await request.read())
        self.received.append(received)
        async with self._arrival:
            self._arrival.notify_all()
        match self._answer(received):
            case None:
                assert request.transport is not None
                request.transport.abort()
                return web.Response()
            case (status, extra):
                return web.Response(status=status, headers=extra)
            case status:
                return web.Response(status=status)

    async def has(self, requests: int) -> None:
        """Waits until it has received so many."""
        async with self._arrival:
            await self._arrival.wait_for(lambda: len(self.received) >= requests)

    def _answer(self, received: Received) -> int | tuple[int, dict[str, str]] | None:
        if self.refuses(received):
            return 400
        return self.answers.popleft() if self.answers else self.always


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver that listens at `url`."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", receiver.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        _, port = runner.addresses[0][:2]
        receiver.url = f"http://127.0.0.1:{port}/events"
        yield receiver
    finally:
        await runner.cleanup()

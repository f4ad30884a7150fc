"""A caller of the application over HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import aiohttp

POLL_SECONDS: Final = 0.05
PATIENCE: Final = 30.0
"""Seconds that a read model may take on a slow machine."""


class Reply:
    """An answer; header names in any case, the body read as JSON where there is one."""

    def __init__(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
        self.status = status
        self.headers = headers
        self.content = content

    @property
    def body(self) -> Any:
        return json.loads(self.content)

    @property
    def problem(self) -> str:
        """The name of the problem that the body is a document of."""
        assert self.headers["Content-Type"] == "application/problem+json"
        document = self.body
        assert document["status"] == self.status
        assert document["correlationId"] == self.headers["X-Correlation-ID"]
        assert {"title", "detail", "instance"} <= document.keys()
        return str(document["type"]).removeprefix("/problems/")


class Client:
    """Calls below one address, over one pool of connections."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def get(self, path: str, **headers: str) -> Reply:
        return await self.send("GET", path, headers=headers)

    async def post(self, path: str, body: Any, **headers: str) -> Reply:
        """Sends JSON; an underscore in a header's name stands for a hyphen."""
        content = json.dumps(body).encode()
        return await self.send(
            "POST", path, content, {"Content-Type": "application/json", **headers}
        )

    async def send(
        self, method: str, path: str, content: Any = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Sends a body as it is, bytes or, to be sent in chunks, an asynchronous iterator of them."""
        named = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        async with self._session.request(
            method, f"{self._url}{path}", data=content, headers=named
        ) as response:
            return Reply(response.status, response.headers, await response.read())

    async def read_model(self, path: str, version: int) -> Reply:
        """Waits until the read model itself has a version. Raises TimeoutError."""
        async with asyncio.timeout(PATIENCE):
            while True:
                reply = await self.get(path)
                if reply.status == 200 and reply.body["version"] >= version:
                    return reply
                await asyncio.sleep(POLL_SECONDS)


@asynccontextmanager
async def client_of(url: str) -> AsyncIterator[Client]:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(
        connector=connector, skip_auto_headers=["Content-Type"]
    ) as session:
        yield Client(session, url)


def an_order(**fields: Any) -> dict[str, Any]:
    """The body of a placing."""
    items = [{"productId": "prod-1", "quantity": 2, "price": 12.5}]
    return {"customerId": "cust-1", "items": items, **fields}

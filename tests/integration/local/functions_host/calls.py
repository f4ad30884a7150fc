"""HTTP calls byte by byte, so that nothing between test and host makes them nicer."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; header names are lower-case, the body is joined when it came in chunks."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


async def call(
    port: int,
    method: str,
    target: str,
    headers: dict[str, str] | None = None,
    body: bytes = b"",
) -> Reply:
    """One request with its Content-Length, where it has a body."""
    lines = {"Host": f"localhost:{port}", **(headers or {})}
    if body:
        lines["Content-Length"] = str(len(body))
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    request = f"{method} {target} HTTP/1.1\r\n{head}Connection: close\r\n\r\n"
    return await exchange(port, request.encode("latin-1") + body)


async def exchange(port: int, request: bytes) -> Reply:
    """Send bytes, read until the host closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        await writer.drain()
        return _parse(await asyncio.wait_for(reader.read(), 10))
    finally:
        writer.close()


async def eventually(probe: Callable[[], Awaitable[bool]], seconds: float = 10) -> None:
    """Wait until `probe` holds; TimeoutError when it never does."""
    async with asyncio.timeout(seconds):
        while True:
            if await probe():
                return
            await asyncio.sleep(0.02)


def _parse(answer: bytes) -> Reply:
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    if headers.get("transfer-encoding") == "chunked":
        body = _join_chunks(body)
    return Reply(int(status.split()[1]), headers, body)


def _join_chunks(body: bytes) -> bytes:
    joined = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size, 16)
        joined, body = joined + rest[:length], rest[length + 2 :]
    return joined

"""Hands a request on to another process of this machine, and its answer back."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import aiohttp
from yarl import URL

TIMEOUT: Final = aiohttp.ClientTimeout(total=60, connect=2)

NOT_HANDED_ON: Final = frozenset(
    {
        "connection",
        "content-encoding",
        "content-length",
        "date",
        "keep-alive",
        "server",
        "transfer-encoding",
    }
)
"""Headers that are about a connection or about bytes that the client here has read already."""


class Unreachable(Exception):
    """Nobody answered at an address; the message says where, and with which error."""


@dataclass(frozen=True, slots=True)
class Forwarded:
    """An answer as it came; header names are lower-case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Forwarder:
    """Asks below one address, over one pool of connections, from `async with` to its end.

    A certificate is not checked: on loopback it is one that the local Cosmos DB made for itself.
    """

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=False),
            timeout=TIMEOUT,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("Content-Type", "User-Agent", "Accept-Encoding"),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def send(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> Forwarded:
        """`target` is a path with its query, as it stands in a request line. Raises Unreachable."""
        try:
            async with self._session.request(
                method,
                URL(f"{self.address}{target}", encoded=True),
                headers=_handed_on(headers),
                data=body or None,
                allow_redirects=False,
            ) as answer:
                return Forwarded(answer.status, _handed_on(answer.headers), await answer.read())
        except (aiohttp.ClientError, TimeoutError) as error:
            fault = type(error).__name__
            raise Unreachable(f"nobody answers at {self.address} ({fault})") from error


def _handed_on(headers: Mapping[str, str]) -> dict[str, str]:
    named = {name.lower(): value for name, value in headers.items()}
    return {name: value for name, value in named.items() if name not in NOT_HANDED_ON}

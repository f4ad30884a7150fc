"""The SDK's door to a local Cosmos DB in the same process, with a network's delays."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.core.pipeline.transport import HttpRequest

from local.cosmos import Cosmos, InProcessTransport, Response
from local.cosmos.in_process import InProcessResponse


class Interleaving(InProcessTransport):
    """Lets other work go on before and after each request, as a network does: up to two turns."""

    def __init__(self, cosmos: Cosmos, random: Random) -> None:
        super().__init__(cosmos)
        self._random = random

    async def send(self, request: HttpRequest, **options: Any) -> InProcessResponse:
        await self._elsewhere()
        response = await super().send(request, **options)
        await self._elsewhere()
        return response

    async def _elsewhere(self) -> None:
        for _ in range(self._random.randrange(3)):
            await asyncio.sleep(0)


class BreakingOff(Interleaving):
    """A connection that is dropped breaks as often in the midst of the answer (the SDK does not send a
    write again then) as before it (then it does)."""

    async def send(self, request: HttpRequest, **options: Any) -> InProcessResponse:
        try:
            return await super().send(request, **options)
        except ServiceRequestError as error:
            if self._random.random() < 0.5:
                raise ServiceResponseError("The answer broke off", error=error) from error
            raise


class Overtaken(Interleaving):
    """Somebody else goes first, once, right before a write: `others` is their work."""

    def __init__(
        self, cosmos: Cosmos, random: Random, *, others: Callable[[], Awaitable[object]]
    ) -> None:
        super().__init__(cosmos, random)
        self._others: Callable[[], Awaitable[object]] | None = others

    async def send(self, request: HttpRequest, **options: Any) -> InProcessResponse:
        if is_write(request) and self._others:
            others, self._others = self._others, None
            await others()
        return await super().send(request, **options)


def is_write(request: HttpRequest) -> bool:
    """Whether a request changes documents."""
    query = "query+json" in str(request.headers.get("Content-Type", ""))
    return request.method in ("PUT", "PATCH", "DELETE") or (request.method == "POST" and not query)


class Refusing(Interleaving):
    """Every write of documents is refused with a status, as long as there is one."""

    def __init__(self, cosmos: Cosmos, random: Random, *, status: int) -> None:
        super().__init__(cosmos, random)
        self._status = status

    async def send(self, request: HttpRequest, **options: Any) -> InProcessResponse:
        if not is_write(request):
            return await super().send(request, **options)
        headers = {"content-type": "application/json", "x-ms-retry-after-ms": "2000"}
        return InProcessResponse(request, Response(self._status, headers, b'{"code": "Refused"}'))

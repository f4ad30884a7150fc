"""The SDK's own ceiling: a transport that answers at once, without any work behind it."""

from typing import Any

from azure.core.pipeline.transport import HttpRequest

from local.cosmos import Cosmos, InProcessTransport
from local.cosmos.in_process import InProcessResponse


class ZeroWorkTransport(InProcessTransport):
    """Asks a local Cosmos DB the first time, and repeats that answer to the same method and path."""

    def __init__(self, cosmos: Cosmos) -> None:
        super().__init__(cosmos)
        self._answers: dict[tuple[str, str], InProcessResponse] = {}

    async def send(self, request: HttpRequest, **options: Any) -> InProcessResponse:
        asked = (request.method, request.url)
        if asked not in self._answers:
            self._answers[asked] = await super().send(request, **options)
        return self._answers[asked]

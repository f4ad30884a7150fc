"""The door for the SDK in the same process: no socket, no HTTP."""

from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from azure.core.exceptions import ServiceRequestError
from azure.core.pipeline.transport import AsyncHttpResponse, AsyncHttpTransport, HttpRequest
from azure.core.utils import CaseInsensitiveDict

from local.cosmos.core import Cosmos
from local.cosmos.faults import ConnectionDropped
from local.cosmos.wire import Response


class InProcessResponse(AsyncHttpResponse):
    """A response whose body is there from the beginning."""

    def __init__(self, request: HttpRequest, response: Response) -> None:
        super().__init__(request, None)
        self.status_code = response.status
        self.headers = CaseInsensitiveDict(response.headers)
        self.reason = ""
        self.content_type = response.headers.get("content-type")
        self._body = response.body

    def body(self) -> bytes:
        return self._body

    async def load_body(self) -> None:
        return None


class InProcessTransport(AsyncHttpTransport[HttpRequest, InProcessResponse]):
    """For `azure.cosmos.aio.CosmosClient(url, key, transport=InProcessTransport(cosmos))`."""

    def __init__(self, cosmos: Cosmos) -> None:
        self._cosmos = cosmos

    async def send(self, request: HttpRequest, **_: Any) -> InProcessResponse:
        """Raises ServiceRequestError for a dropped connection, as the aiohttp transport does."""
        url = urlsplit(request.url)
        headers = {name.lower(): str(value) for name, value in request.headers.items()}
        try:
            response = self._cosmos.handle(
                request.method,
                url.path,
                headers,
                _content(request),
                base_url=f"{url.scheme}://{url.netloc}/",
            )
        except ConnectionDropped as error:
            raise ServiceRequestError("Server disconnected", error=error) from error
        return InProcessResponse(request, response)

    async def open(self) -> None:
        return None

    async def close(self) -> None:
        return None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        return None


def _content(request: HttpRequest) -> bytes:
    match request.data:
        case str() as text:
            return text.encode()
        case bytes() as raw:
            return raw
        case _:
            return b""

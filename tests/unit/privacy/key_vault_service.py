"""A Key Vault behind the SDK's transport: its secrets, its challenge, its refusals."""

import json
import time
from collections import deque
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import AsyncHttpResponse, AsyncHttpTransport, HttpRequest
from azure.core.utils import CaseInsensitiveDict

URL = "https://vault.example.vault.azure.net"
TENANT = "00000000-0000-0000-0000-000000000000"
CHALLENGE = (
    f'Bearer authorization="https://login.microsoftonline.com/{TENANT}", '
    'resource="https://vault.azure.net"'
)

type Refusal = tuple[int, dict[str, str]]


class VaultResponse(AsyncHttpResponse):
    def __init__(
        self, request: HttpRequest, status: int, headers: dict[str, str], body: Any
    ) -> None:
        super().__init__(request, None)
        self.status_code = status
        self.reason = ""
        self.content_type = "application/json"
        self.headers = CaseInsensitiveDict({"content-type": "application/json", **headers})
        self._body = json.dumps(body).encode()

    def body(self) -> bytes:
        return self._body

    async def load_body(self) -> None:
        return None

    async def read(self) -> bytes:
        return self._body

    def json(self) -> Any:
        return json.loads(self._body)


class VaultService(AsyncHttpTransport[HttpRequest, VaultResponse]):
    """`secrets` are the versions of the one secret; `refusals` become of the next authorized requests,
    `revoked` tokens are challenged again. `requests` are those that were authorized."""

    def __init__(self) -> None:
        self.secrets: list[tuple[str, str]] = []
        self.refusals: deque[Refusal] = deque()
        self.revoked: set[str] = set()
        self.requests: list[str] = []
        self.slept: list[float] = []

    async def send(self, request: HttpRequest, **_: Any) -> VaultResponse:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not token or token in self.revoked:
            return VaultResponse(request, 401, {"www-authenticate": CHALLENGE}, {})
        path = urlsplit(request.url).path
        self.requests.append(f"{request.method} {path}")
        if self.refusals:
            status, headers = self.refusals.popleft()
            return VaultResponse(request, status, headers, {"error": {"code": "injected"}})
        if request.method == "PUT":
            body = json.loads(request.content)  # type: ignore[attr-defined]  # the SDK's newer request
            self.secrets.append((f"v{len(self.secrets) + 1}", body["value"]))
            return self._secret(request, *self.secrets[-1])
        version = path.split("/")[3] if path.count("/") > 2 else ""
        known = [s for s in reversed(self.secrets) if version in ("", s[0])]
        if not known:
            return VaultResponse(request, 404, {}, {"error": {"code": "SecretNotFound"}})
        return self._secret(request, *known[0])

    def _secret(self, request: HttpRequest, version: str, value: str) -> VaultResponse:
        identity = f"{URL}/secrets/event-encryption-key/{version}"
        body = {"id": identity, "value": value, "attributes": {"enabled": True}}
        return VaultResponse(request, 200, {}, body)

    async def sleep(self, duration: float) -> None:
        """The SDK waits here between its attempts."""
        self.slept.append(duration)

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


class Identity:
    """A managed identity: every token is another one, good for `seconds`."""

    def __init__(self, seconds: float = 3600) -> None:
        self.tokens = 0
        self.seconds = seconds
        self.error: Exception | None = None

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        assert scopes == ("https://vault.azure.net/.default",)
        if self.error is not None:
            raise self.error
        self.tokens += 1
        return AccessToken(f"token-{self.tokens}", int(time.time() + self.seconds))

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

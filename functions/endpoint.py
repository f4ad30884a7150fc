"""What all HTTP functions share: a correlation id on every answer, a problem document for every error."""

import functools
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import azure.functions as func
import msgspec

from domain.values import to_json
from functions import requests
from functions.problems import INTERNAL, problem_of, problem_response
from settings import HttpAuth

logger = logging.getLogger(__name__)

CORRELATION_ID: Final = "X-Correlation-ID"

_ENCODER = msgspec.json.Encoder(enc_hook=to_json, decimal_format="number")


class Call(msgspec.Struct, frozen=True):
    """A request and its correlation id: the caller's, or a new one."""

    request: func.HttpRequest
    correlation_id: str

    @property
    def path(self) -> str:
        url: str = self.request.url
        return urlsplit(url).path.rstrip("/")

    def answer(
        self, body: Any = None, *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> func.HttpResponse:
        """A JSON answer; without a body where the status has none."""
        return func.HttpResponse(
            b"" if body is None else _ENCODER.encode(body),
            status_code=status,
            headers={CORRELATION_ID: self.correlation_id, **(headers or {})},
            mimetype="application/json",
        )


type Answer = Callable[[Call], Awaitable[func.HttpResponse]]
type Handler = Callable[[func.HttpRequest], Awaitable[func.HttpResponse]]


def endpoint(answer: Answer) -> Handler:
    """An HTTP function around what answers a call. No exception leaves it."""

    @functools.wraps(answer, assigned=("__module__", "__qualname__", "__doc__"), updated=())
    async def handle(req: func.HttpRequest) -> func.HttpResponse:
        call = Call(req, str(uuid.uuid4()))
        try:
            call = Call(req, requests.correlation_id(req) or call.correlation_id)
            return await answer(call)
        except Exception as error:
            if problem_of(error) is INTERNAL:
                logger.exception("%s %s failed (%s)", req.method, call.path, call.correlation_id)
            return problem_response(error, call.path, call.correlation_id)

    del handle.__wrapped__  # the worker reads the signature that it calls
    return handle


def admin_level(http_auth: HttpAuth) -> func.AuthLevel:
    """What the host asks of callers of operations: its admin key, or nothing where the platform does."""
    return func.AuthLevel.ADMIN if http_auth == "keys" else func.AuthLevel.ANONYMOUS

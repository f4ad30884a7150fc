"""What all HTTP functions share: a correlation id and an entity tag on answers, problem documents for errors."""

import functools
import hashlib
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

import azure.functions as func
import msgspec

from domain.values import to_json
from event_store.access_log import Access
from event_store.documents import timestamp
from functions import requests
from functions.principal import Level, Principal, authorize, principal
from functions.problems import INTERNAL, problem_of, problem_response
from telemetry.correlation import correlated
from telemetry.tracing import failed, invocation
from wiring import Application

logger = logging.getLogger(__name__)

CORRELATION_ID: Final = "X-Correlation-ID"
ETAG: Final = "ETag"
JSON: Final = "application/json"

_ENCODER = msgspec.json.Encoder(enc_hook=to_json, decimal_format="number")


class Call(msgspec.Struct, frozen=True):
    """A request, its correlation id (the caller's, or a new one), who makes it, and of which operation."""

    request: func.HttpRequest
    correlation_id: str
    principal: Principal
    operation: str
    application: Application

    @property
    def path(self) -> str:
        url: str = self.request.url
        return urlsplit(url).path.rstrip("/")

    async def record(self, aggregate_id: str) -> None:
        """Puts on record that the caller reads something. Raises InvalidRequest, StoreUnavailable."""
        await self.application.access_log.record(
            Access(
                id=str(uuid.uuid4()),
                aggregate_id=aggregate_id,
                at=timestamp(datetime.now(UTC)),
                operation=self.operation,
                correlation_id=self.correlation_id,
                user_id=self.principal.user_id,
                ip_address=self.principal.ip_address,
                purpose=requests.purpose(self.request),
            )
        )

    def answer(
        self, body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> func.HttpResponse:
        """A JSON answer."""
        return self.respond(_ENCODER.encode(body), JSON, status, headers)

    def respond(
        self,
        content: bytes,
        media_type: str,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> func.HttpResponse:
        """An answer as it stands. What a GET finds has an entity tag, by its content where it has none of
        its own; who names it in If-None-Match is spared the content (RFC 9110, 13.2.2)."""
        headers = {CORRELATION_ID: self.correlation_id, **(headers or {})}
        if self.request.method == "GET" and status == 200:
            tag = headers.setdefault(ETAG, _tag(content))
            if requests.has_current(self.request, tag):
                content, status = b"", 304
        return func.HttpResponse(content, status_code=status, headers=headers, mimetype=media_type)


def _tag(content: bytes) -> str:
    """A strong entity tag: the same bytes, the same tag."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


type Answer = Callable[[Call], Awaitable[func.HttpResponse]]
type Handler = Callable[[func.HttpRequest], Awaitable[func.HttpResponse]]


def endpoint(answer: Answer, operation: str, level: Level, application: Application) -> Handler:
    """An HTTP function around what answers a call of those who may make it. No exception leaves it."""

    @functools.wraps(answer, assigned=("__module__", "__qualname__", "__doc__"), updated=())
    async def handle(req: func.HttpRequest) -> func.HttpResponse:
        attributes = {"http.request.method": req.method}
        with invocation(operation, "http", requests.traceparent(req), attributes) as span:
            response = await _response(req, answer, operation, level, application)
            span.set_attribute("http.response.status_code", response.status_code)
            if response.status_code >= 500:
                failed(span, str(response.status_code))
            return response

    del handle.__wrapped__  # the worker reads the signature that it calls
    return handle


async def _response(
    req: func.HttpRequest, answer: Answer, operation: str, level: Level, application: Application
) -> func.HttpResponse:
    caller = principal(req, application.settings)
    call = Call(req, str(uuid.uuid4()), caller, operation, application)
    try:
        given = requests.correlation_id(req)
        call = msgspec.structs.replace(call, correlation_id=given or call.correlation_id)
        with correlated(call.correlation_id):
            authorize(caller, level, application.settings)
            return await answer(call)
    except Exception as error:  # noqa: BLE001  # no exception leaves it
        with correlated(call.correlation_id):
            _log(operation, error)
        return problem_response(error, call.path, call.correlation_id)


def _log(operation: str, error: Exception) -> None:
    """What is nobody's fault but ours, or Azure's; the path may name a customer."""
    problem = problem_of(error)
    if problem is INTERNAL:
        logger.exception("%s failed", operation)
    elif problem.status == 503:
        logger.warning("%s is put off: %s", operation, error)

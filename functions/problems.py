"""Errors as problem documents (RFC 9457): one table."""

from collections.abc import Mapping
from typing import Any, Final

import azure.functions as func
import msgspec

from custody.archive_job import NeverArchived
from custody.archive_run import NotReconciled
from domain.aggregate import AggregateNotFound, RuleViolation
from event_store.errors import (
    AppendFailed,
    ConcurrencyConflict,
    EventTooLarge,
    IdempotencyKeyReused,
    StoreUnavailable,
    UnreadableEvent,
    VersionMismatch,
)
from functions.principal import AccessDenied, Forbidden, Unauthorized
from functions.requests import BodyTooLarge, InvalidRequest, LengthRequired, UnsupportedMediaType
from privacy.errors import KeysUnavailable, NotErased, PrivacyError
from projections.projection import UnknownProjection
from projections.rebuild import NotRebuildable, NotStarted
from projections.replay import UnknownDeadLetter
from projections.view_reader import NotInReadModel, VersionNotReached

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER: Final = 5
"""Seconds, where what is away does not say for how long."""


class Problem(msgspec.Struct, frozen=True):
    """A row of the table: `name` completes the type `/problems/<name>`."""

    status: int
    name: str
    title: str


INTERNAL: Final = Problem(500, "internal", "Something went wrong")

PROBLEMS: Final[Mapping[type[Exception], Problem]] = {
    InvalidRequest: Problem(400, "invalid-request", "The request is not valid"),
    AccessDenied: Problem(403, "forbidden", "The role is missing"),
    Unauthorized: Problem(401, "unauthorized", "Nobody is signed in"),
    Forbidden: Problem(403, "forbidden", "The role is missing"),
    AggregateNotFound: Problem(404, "not-found", "There is no such thing"),
    UnknownProjection: Problem(404, "not-found", "There is no such thing"),
    UnknownDeadLetter: Problem(404, "not-found", "There is no such thing"),
    NotStarted: Problem(404, "not-found", "There is no such thing"),
    NeverArchived: Problem(404, "not-found", "There is no such thing"),
    NotInReadModel: Problem(404, "not-found", "There is no such thing"),
    NotErased: Problem(404, "not-found", "There is no such thing"),
    NotRebuildable: Problem(409, "rule-violation", "A business rule says no"),
    NotReconciled: Problem(409, "rule-violation", "A business rule says no"),
    RuleViolation: Problem(409, "rule-violation", "A business rule says no"),
    ConcurrencyConflict: Problem(409, "concurrency-conflict", "Others were faster"),
    LengthRequired: Problem(411, "length-required", "The body's length is missing"),
    VersionMismatch: Problem(412, "version-mismatch", "The version is another one"),
    VersionNotReached: Problem(412, "version-mismatch", "The version is another one"),
    BodyTooLarge: Problem(413, "too-large", "The request is too large"),
    EventTooLarge: Problem(413, "too-large", "The request is too large"),
    UnsupportedMediaType: Problem(415, "unsupported-media-type", "The body is not JSON"),
    IdempotencyKeyReused: Problem(
        422, "idempotency-key-reused", "The key stands for another command"
    ),
    StoreUnavailable: Problem(503, "unavailable", "Try again later"),
    KeysUnavailable: Problem(503, "unavailable", "Try again later"),
    PrivacyError: INTERNAL,
    UnreadableEvent: INTERNAL,
    AppendFailed: INTERNAL,
}
"""Every error that can reach a caller. One that is not here is a defect, and INTERNAL."""


def problem_of(error: Exception) -> Problem:
    """The row of an error: its own, or that of its nearest ancestor in the table."""
    return next((PROBLEMS[kind] for kind in type(error).__mro__ if kind in PROBLEMS), INTERNAL)


def problem_response(error: Exception, instance: str, correlation_id: str) -> func.HttpResponse:
    """The answer to a request that failed. An internal error shows nothing but the correlation id."""
    problem = problem_of(error)
    document = {
        "type": f"/problems/{problem.name}",
        "title": problem.title,
        "status": problem.status,
        "detail": str(error) if problem is not INTERNAL else "Ask with the correlation id.",
        "instance": instance,
        "correlationId": correlation_id,
    }
    headers = {"X-Correlation-ID": correlation_id}
    if isinstance(error, StoreUnavailable):
        headers["Retry-After"] = str(max(1, round(error.retry_after)))
    elif problem.status == 503:
        headers["Retry-After"] = str(RETRY_AFTER)
    return func.HttpResponse(
        msgspec.json.encode(document | _members(error)),
        status_code=problem.status,
        headers=headers,
        mimetype=MEDIA_TYPE,
    )


def _members(error: Exception) -> dict[str, Any]:
    """What a problem says beyond the members that all have."""
    match error:
        case InvalidRequest():
            return {"errors": error.faults}
        case RuleViolation():
            return {"code": error.code}
        case NotRebuildable():
            return {"code": "not-rebuildable"}
        case NotReconciled():
            return {"code": "not-reconciled"}
        case VersionMismatch() | VersionNotReached():
            return {"currentVersion": error.current}
        case _:
            return {}

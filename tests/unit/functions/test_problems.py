"""Errors as problem documents: every error of every tree has its row."""

import importlib
import pkgutil
from collections.abc import Iterator

import msgspec
import pytest

import event_store.errors
import functions
import projections
from domain.aggregate import AggregateNotFound, DomainError, RuleViolation
from event_store.errors import (
    AppendFailed,
    ConcurrencyConflict,
    EventStoreError,
    EventTooLarge,
    IdempotencyKeyReused,
    StoreUnavailable,
    UnreadableEvent,
    VersionMismatch,
)
from functions.faults import Fault
from functions.principal import AccessDenied, Forbidden, Unauthorized
from functions.problems import INTERNAL, MEDIA_TYPE, PROBLEMS, problem_of, problem_response
from functions.requests import (
    BodyTooLarge,
    InvalidRequest,
    LengthRequired,
    RequestError,
    UnsupportedMediaType,
)
from privacy.errors import KeysUnavailable, NotErased, PrivacyError
from projections.advance import Gap
from projections.keeper import Refused
from projections.partition_run import Unfoldable
from projections.projection import Undeliverable
from projections.view_reader import NotInReadModel, VersionNotReached
from tests.fakes.http import json_of

ROOTS: tuple[type[Exception], ...] = (
    AccessDenied,
    DomainError,
    EventStoreError,
    PrivacyError,
    RequestError,
)
BELOW = (Gap, Refused, Undeliverable, Unfoldable)
"""Errors of the projections that never leave them: the engine reads what is missing, and parks."""


def below(kind: type[Exception]) -> Iterator[type[Exception]]:
    for child in kind.__subclasses__():
        yield child
        yield from below(child)


def defined_in(package: str, path: list[str]) -> Iterator[type[Exception]]:
    """The errors that the modules of a package define."""
    for module in pkgutil.iter_modules(path):
        members = vars(importlib.import_module(f"{package}.{module.name}"))
        for kind in members.values():
            if (
                isinstance(kind, type)
                and issubclass(kind, Exception)
                and kind.__module__.startswith(package)
            ):
                yield kind


EVERY = sorted(
    {
        *(kind for root in ROOTS for kind in below(root)),
        *defined_in("projections", list(projections.__path__)),
        *defined_in("functions", list(functions.__path__)),
    }
    - {*ROOTS, *BELOW},
    key=lambda kind: kind.__qualname__,
)


def has_a_row(kind: type[Exception]) -> bool:
    return any(ancestor in PROBLEMS for ancestor in kind.__mro__)


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.__name__)
def test_every_error_of_every_tree_is_in_the_table(kind: type[Exception]) -> None:
    assert has_a_row(kind)


def test_the_trees_are_found_whole() -> None:
    assert {AggregateNotFound, VersionMismatch, LengthRequired, NotInReadModel} <= set(EVERY)
    assert len(EVERY) > 15
    assert event_store.errors.__doc__ is not None
    for kind in below(EventStoreError):
        assert kind.__name__ in event_store.errors.__doc__


def test_the_table_has_the_types_and_statuses_of_the_contract() -> None:
    assert {(problem.status, problem.name) for problem in PROBLEMS.values()} == {
        (400, "invalid-request"),
        (401, "unauthorized"),
        (403, "forbidden"),
        (404, "not-found"),
        (409, "rule-violation"),
        (409, "concurrency-conflict"),
        (411, "length-required"),
        (412, "version-mismatch"),
        (413, "too-large"),
        (415, "unsupported-media-type"),
        (422, "idempotency-key-reused"),
        (500, "internal"),
        (503, "unavailable"),
    }


def test_a_type_has_one_status_and_one_title() -> None:
    by_name = {problem.name: problem for problem in PROBLEMS.values()}
    assert all(by_name[problem.name] == problem for problem in PROBLEMS.values())


CASES: list[tuple[Exception, int, str, dict[str, object]]] = [
    (
        InvalidRequest(Fault("/a", "Missing field."), Fault("", "Expected JSON.")),
        400,
        "invalid-request",
        {
            "errors": [
                {"pointer": "/a", "detail": "Missing field."},
                {"pointer": "", "detail": "Expected JSON."},
            ]
        },
    ),
    (AggregateNotFound("Order", "789"), 404, "not-found", {}),
    (NotInReadModel("Order", "789"), 404, "not-found", {}),
    (RuleViolation("a-rule", "No."), 409, "rule-violation", {"code": "a-rule"}),
    (ConcurrencyConflict("order-789", 12), 409, "concurrency-conflict", {}),
    (LengthRequired(), 411, "length-required", {}),
    (VersionMismatch("order-789", 1, 2), 412, "version-mismatch", {"currentVersion": 2}),
    (VersionNotReached(5, 2), 412, "version-mismatch", {"currentVersion": 2}),
    (BodyTooLarge(300_000), 413, "too-large", {}),
    (EventTooLarge("too large"), 413, "too-large", {}),
    (UnsupportedMediaType(), 415, "unsupported-media-type", {}),
    (IdempotencyKeyReused("order-789"), 422, "idempotency-key-reused", {}),
    (StoreUnavailable("away"), 503, "unavailable", {}),
    (KeysUnavailable("away"), 503, "unavailable", {}),
    (NotErased("never"), 404, "not-found", {}),
    (Unauthorized(), 401, "unauthorized", {}),
    (Forbidden("Operations"), 403, "forbidden", {}),
]


@pytest.mark.parametrize(
    ("error", "status", "name", "members"), CASES, ids=[type(case[0]).__name__ for case in CASES]
)
def test_an_error_is_a_problem_document(
    error: Exception, status: int, name: str, members: dict[str, object]
) -> None:
    response = problem_response(error, "/api/orders/789", "c-1")
    assert response.status_code == status
    assert response.mimetype == MEDIA_TYPE == "application/problem+json"
    assert response.headers["X-Correlation-ID"] == "c-1"
    document = json_of(response)
    assert document.pop("title")
    assert document == {
        "type": f"/problems/{name}",
        "status": status,
        "detail": str(error),
        "instance": "/api/orders/789",
        "correlationId": "c-1",
        **members,
    }


@pytest.mark.parametrize(
    "error",
    [
        KeyError("customer Ada Lovelace"),
        UnreadableEvent("Ada Lovelace"),
        AppendFailed("Ada Lovelace"),
        DomainError("Ada Lovelace"),
        msgspec.ValidationError("Ada Lovelace"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_internal_error_shows_nothing_but_the_correlation_id(error: Exception) -> None:
    assert problem_of(error) is INTERNAL
    response = problem_response(error, "/api/orders", "c-1")
    assert response.status_code == 500
    assert b"Ada" not in response.get_body()
    assert json_of(response)["correlationId"] == "c-1"
    assert json_of(response)["type"] == "/problems/internal"


@pytest.mark.parametrize(("seconds", "header"), [(0.0, "1"), (0.2, "1"), (1.0, "1"), (7.4, "7")])
def test_who_is_asked_to_come_again_is_told_when(seconds: float, header: str) -> None:
    response = problem_response(StoreUnavailable("away", seconds), "/", "c-1")
    assert response.headers["Retry-After"] == header


def test_nobody_else_is_asked_to_come_again() -> None:
    assert "Retry-After" not in problem_response(ConcurrencyConflict("s", 1), "/", "c").headers

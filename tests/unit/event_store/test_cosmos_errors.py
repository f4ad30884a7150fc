"""Every way in which Cosmos DB, or the way there, can fail, in the write side's terms."""

from types import SimpleNamespace
from typing import Any

import pytest
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceRequestTimeoutError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)
from azure.cosmos.exceptions import (
    CosmosBatchOperationError,
    CosmosClientTimeoutError,
    CosmosHttpResponseError,
    CosmosResourceExistsError,
    CosmosResourceNotFoundError,
)

from event_store.cosmos_errors import RETRY_AFTER_MS, translated
from event_store.errors import (
    EventStoreError,
    EventTooLarge,
    HeadAhead,
    OutcomeUnknown,
    StoreUnavailable,
    VersionTaken,
)

LOST = (408, 410, 449, 500, 502, 503, 504)
REFUSED = (400, 401, 403, 404, 405, 412, 418)


def answered(status: int, headers: dict[str, str] | None = None) -> CosmosHttpResponseError:
    error = CosmosHttpResponseError(status_code=status, message="of the service")
    error.headers = headers or {}  # as its own constructor takes them off a response
    return error


def in_batch(status: int) -> CosmosBatchOperationError:
    return CosmosBatchOperationError(
        error_index=0,
        headers={},
        status_code=status,
        message="of the batch",
        operation_responses=[],
    )


def translation(error: BaseException, *, writing: bool) -> EventStoreError:
    doing = "append to 'order-1'"
    with (
        pytest.raises(EventStoreError, match=rf"^Could not {doing}: ") as raised,
        translated(doing, writing=writing),
    ):
        raise error
    assert raised.value.__cause__ is error
    return raised.value


@pytest.mark.parametrize("status", LOST)
def test_an_answer_that_leaves_the_work_open_leaves_an_append_unknown(status: int) -> None:
    for error in (answered(status), in_batch(status)):
        assert type(translation(error, writing=True)) is OutcomeUnknown
        assert type(translation(error, writing=False)) is StoreUnavailable


@pytest.mark.parametrize("status", REFUSED)
def test_a_refusal_is_a_store_that_did_not_do_the_work(status: int) -> None:
    error = translation(answered(status), writing=True)
    assert type(error) is StoreUnavailable
    assert str(status) in str(error)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(409, VersionTaken), (404, HeadAhead), (413, EventTooLarge), (400, StoreUnavailable)],
)
def test_what_an_operation_of_the_batch_said_is_resolved(
    status: int, kind: type[EventStoreError]
) -> None:
    assert type(translation(in_batch(status), writing=True)) is kind


def test_a_request_that_is_too_large_is_an_event_that_is_too_large() -> None:
    assert type(translation(answered(413), writing=True)) is EventTooLarge
    assert type(translation(answered(413), writing=False)) is StoreUnavailable


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({RETRY_AFTER_MS: "1500"}, 1.5),
        ({RETRY_AFTER_MS: "0"}, 0.0),
        ({}, 1.0),
        ({RETRY_AFTER_MS: "soon"}, 1.0),
    ],
)
def test_throttling_says_when_to_come_again(headers: dict[str, str], seconds: float) -> None:
    for writing in (True, False):
        error = translation(answered(429, headers), writing=writing)
        assert isinstance(error, StoreUnavailable)
        assert error.retry_after == seconds


def test_a_throttled_batch_was_not_done_either() -> None:
    assert type(translation(in_batch(429), writing=True)) is StoreUnavailable


@pytest.mark.parametrize(
    "error",
    [
        ServiceRequestError("no route"),
        ServiceRequestTimeoutError("late"),
        ConnectionRefusedError(),
        ServiceResponseError("cut off"),
        ServiceResponseTimeoutError("late"),
        IncompleteReadError("cut off"),
        CosmosClientTimeoutError(),
        AzureError("whatever"),
        TimeoutError(),
        ConnectionResetError(),
        BrokenPipeError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_connection_that_broke_leaves_an_append_unknown(error: Exception) -> None:
    """One that was never made, too: the SDK may have sent the request before, on another."""
    assert type(translation(error, writing=True)) is OutcomeUnknown
    assert type(translation(error, writing=False)) is StoreUnavailable


def test_a_credential_that_fails_is_a_store_that_is_away() -> None:
    response: Any = SimpleNamespace(status_code=401, reason="Unauthorized", headers={})
    error = ClientAuthenticationError("no token", response=response)
    assert type(translation(error, writing=True)) is StoreUnavailable
    assert isinstance(error, HttpResponseError)


@pytest.mark.parametrize(
    "error",
    [CosmosResourceNotFoundError(message="gone"), CosmosResourceExistsError(message="there")],
    ids=lambda error: type(error).__name__,
)
def test_outside_of_a_batch_a_missing_container_is_no_head_that_is_ahead(error: Exception) -> None:
    assert type(translation(error, writing=False)) is StoreUnavailable


@pytest.mark.parametrize("error", [KeyError("a"), ValueError("a"), RuntimeError("a")])
def test_a_defect_of_our_own_is_not_made_out_to_be_the_services(error: Exception) -> None:
    with pytest.raises(type(error)), translated("read", writing=True):
        raise error


def test_nothing_is_raised_where_nothing_failed() -> None:
    with translated("read"):
        pass

"""Cosmos DB's errors in the write side's terms."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from event_store.errors import (
    EventStoreError,
    EventTooLarge,
    HeadAhead,
    OutcomeUnknown,
    StoreUnavailable,
    VersionTaken,
)

if TYPE_CHECKING:
    from azure.core.exceptions import HttpResponseError
    from azure.cosmos.exceptions import CosmosBatchOperationError

RETRY_AFTER_MS: Final = "x-ms-retry-after-ms"


@contextmanager
def translated(doing: str, *, writing: bool = False) -> Iterator[None]:
    """Raises what Cosmos DB answered as an EventStoreError, the original as its cause.

    `writing` says that the work is an append: a broken connection then leaves its outcome unknown. So
    does one that cannot be made: the SDK may have sent the request before, on one that broke.
    """
    try:
        yield
    except Exception as error:
        translation = _translation(doing, error, writing)
        if translation is None:
            raise
        raise translation from error


def _translation(doing: str, error: Exception, writing: bool) -> EventStoreError | None:
    """An error in our terms; None for one that is not of Cosmos DB or on the way there."""
    from azure.core.exceptions import AzureError, HttpResponseError
    from azure.cosmos.exceptions import CosmosBatchOperationError

    match error:
        case CosmosBatchOperationError():
            return _refused(doing, error) or _answered(doing, error, writing)
        case HttpResponseError():
            return _answered(doing, error, writing)
        case AzureError() | TimeoutError() | ConnectionError():
            return _lost(doing, "Cosmos DB cannot be reached", writing)
        case _:
            return None


def _refused(doing: str, error: "CosmosBatchOperationError") -> EventStoreError | None:
    """What one operation of a batch said, where that means something to the command handler."""
    match error.status_code:
        case 409:
            return VersionTaken(f"Could not {doing}: the version or the command is taken.")
        case 404:
            return HeadAhead(f"Could not {doing}: the stream does not reach the expected head.")
        case _:
            return None


def _answered(doing: str, error: "HttpResponseError", writing: bool) -> EventStoreError:
    match error.status_code:
        case 413 if writing:
            return EventTooLarge(f"Could not {doing}: Cosmos DB refuses the size.")
        case 429:
            throttled = f"Could not {doing}: Cosmos DB is throttling."
            return StoreUnavailable(throttled, _retry_after(error))
        case None:
            return _lost(doing, "the answer broke off", writing)
        case 408 | 410 | 449 | 500 | 502 | 503 | 504 as status:
            return _lost(doing, f"Cosmos DB answered {status}", writing)
        case status:
            return StoreUnavailable(f"Could not {doing}: Cosmos DB refused with status {status}.")


def _lost(doing: str, why: str, writing: bool) -> EventStoreError:
    failed = OutcomeUnknown if writing else StoreUnavailable
    return failed(f"Could not {doing}: {why}.")


def _retry_after(error: "HttpResponseError") -> float:
    """Seconds, from the header in milliseconds; a second where there is none."""
    headers = getattr(error, "headers", None) or {}
    text = str(headers.get(RETRY_AFTER_MS) or "")
    return int(text) / 1000 if text.isdigit() else 1.0

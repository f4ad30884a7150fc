"""Every record that is logged on behalf of a request says which, and of a traced one in which trace."""

import logging
from collections.abc import Iterator
from dataclasses import replace

import azure.functions as func
import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from domain.events import Recorded
from domain.product import StockReceived
from functions.endpoint import Call, endpoint
from telemetry.correlation import correlated
from tests.fakes.app import FakeApplication
from tests.fakes.http import request
from tests.fakes.labels import labels
from tests.stack.in_process import Account
from tests.stack.log import Log
from tests.stack.pipeline import pipeline
from tests.stack.projections import RECEIVED, Received

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
CALLER = f"00-{TRACE_ID}-b7ad6b7169203331-01"

logger = logging.getLogger("event_store.somewhere")


@pytest.fixture(autouse=True)
def labelled() -> Iterator[None]:
    with labels():
        yield


async def warns(call: Call) -> func.HttpResponse:
    logger.warning("%s is odd", "it")
    return call.answer({})


async def test_a_record_carries_the_callers_correlation_id(
    caplog: pytest.LogCaptureFixture,
) -> None:
    served = endpoint(warns, "test", "anyone", FakeApplication())
    await served(request(headers={"x-correlation-id": "c-1", "traceparent": CALLER}))
    (record,) = caplog.records
    assert record.getMessage() == "it is odd correlation_id=c-1"
    assert vars(record)["correlation_id"] == "c-1"


async def test_it_carries_the_trace_id_where_somebody_listens(
    caplog: pytest.LogCaptureFixture, exporter: InMemorySpanExporter
) -> None:
    served = endpoint(warns, "test", "anyone", FakeApplication())
    await served(request(headers={"x-correlation-id": "c-1", "traceparent": CALLER}))
    (record,) = caplog.records
    assert record.getMessage() == f"it is odd correlation_id=c-1 trace_id={TRACE_ID}"
    assert vars(record)["trace_id"] == TRACE_ID


def test_outside_of_everything_a_record_is_as_it_was(caplog: pytest.LogCaptureFixture) -> None:
    logger.warning("100 %% %s", "plain")
    (record,) = caplog.records
    assert record.getMessage() == "100 % plain"
    assert "correlation_id" not in vars(record)


def test_within_another_the_inner_one_counts_and_none_changes_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with correlated("outer"):
        with correlated("inner"), correlated(None):
            logger.warning("a")
        logger.warning("b")
    assert [r.getMessage() for r in caplog.records] == [
        "a correlation_id=inner",
        "b correlation_id=outer",
    ]


async def test_what_a_projection_logs_of_an_event_carries_that_events_correlation_id(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(view: Received | None, event: Recorded[StockReceived]) -> Received:
        raise ValueError("broken")

    application = await account.instance()
    events = await Log(application).receive("p", 1)
    with correlated("of the run"):
        await application.engine.catch_up(replace(RECEIVED, evolve=broken), events)
    (record,) = caplog.records
    assert record.getMessage().startswith("received: 'product-p' is parked")
    assert vars(record)["correlation_id"] == events[0].metadata.correlation_id != "of the run"


async def test_every_run_of_a_function_has_an_id_of_its_own(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    made = await pipeline(account)
    document = func.Document.from_dict({"id": "no event"})
    for _ in range(2):
        await made.functions["forward_events"](func.DocumentList([document]))
    one, other = (vars(record)["correlation_id"] for record in caplog.records)
    assert one != other

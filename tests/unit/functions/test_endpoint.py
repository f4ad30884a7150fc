"""What all HTTP functions share: no exception leaves them, and what went wrong is in the log only."""

import inspect
import logging

import azure.functions as func
import pytest

from domain.aggregate import RuleViolation
from event_store.errors import StoreUnavailable, UnreadableEvent
from functions.endpoint import Call, endpoint
from tests.fakes.http import json_of, request


async def answered(call: Call) -> func.HttpResponse:
    return call.answer({"said": call.request.params.get("say", "nothing")})


@pytest.mark.parametrize("given", ["c-1", "!" * 128])
async def test_the_callers_correlation_id_comes_back(given: str) -> None:
    response = await endpoint(answered)(request(headers={"x-correlation-id": given}))
    assert response.headers["X-Correlation-ID"] == given
    assert json_of(response) == {"said": "nothing"}


async def test_a_correlation_id_is_made_where_none_is_given() -> None:
    responses = [await endpoint(answered)(request()) for _ in range(2)]
    one, other = (response.headers["X-Correlation-ID"] for response in responses)
    assert one
    assert one != other


async def test_a_malformed_correlation_id_is_a_fault_and_another_is_made() -> None:
    response = await endpoint(answered)(request(headers={"x-correlation-id": "a b"}))
    assert response.status_code == 400
    assert json_of(response)["errors"][0]["pointer"] == "/X-Correlation-ID"
    assert response.headers["X-Correlation-ID"] == json_of(response)["correlationId"] != "a b"


@pytest.mark.parametrize("error", [RuntimeError("Ada Lovelace"), UnreadableEvent("Ada Lovelace")])
async def test_an_unknown_exception_is_a_500_whose_traceback_is_in_the_log(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(call: Call) -> func.HttpResponse:
        raise error

    response = await endpoint(broken)(request(headers={"x-correlation-id": "c-1"}))
    assert response.status_code == 500
    document = json_of(response)
    assert b"Ada" not in response.get_body()
    assert document["correlationId"] == "c-1"
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "c-1" in record.getMessage()
    assert record.exc_info is not None
    assert record.exc_info[1] is error


@pytest.mark.parametrize("error", [RuleViolation("a-rule", "No."), StoreUnavailable("away")])
async def test_an_expected_error_leaves_no_traceback(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    async def refusing(call: Call) -> func.HttpResponse:
        raise error

    response = await endpoint(refusing)(request(path="/api/orders/789/ship"))
    assert response.status_code in (409, 503)
    assert json_of(response)["instance"] == "/api/orders/789/ship"
    assert caplog.records == []


async def test_an_answer_without_a_body_has_none() -> None:
    async def unchanged(call: Call) -> func.HttpResponse:
        return call.answer(status=304, headers={"ETag": '"3"'})

    response = await endpoint(unchanged)(request())
    assert (response.status_code, response.get_body()) == (304, b"")
    assert response.headers["ETag"] == '"3"'


def test_the_worker_sees_a_function_of_one_request() -> None:
    assert list(inspect.signature(endpoint(answered)).parameters) == ["req"]


@pytest.mark.parametrize("path", ["/api/orders?a=b", "/api/orders/", "/api/orders/?a=b#c"])
def test_the_path_of_a_call_has_no_query_and_no_slash_at_its_end(path: str) -> None:
    assert Call(request(path=path), "c").path == "/api/orders"

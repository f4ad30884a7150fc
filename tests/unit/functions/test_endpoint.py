"""What all HTTP functions share: no exception leaves them, and what went wrong is in the log only."""

import base64
import inspect
import logging
import re
from collections.abc import Iterator

import azure.functions as func
import msgspec
import pytest

from domain.aggregate import RuleViolation
from event_store.errors import StoreUnavailable, UnreadableEvent
from functions.endpoint import Answer, Call, Handler, endpoint
from functions.principal import Level, Principal
from privacy.errors import KeysUnavailable
from tests.fakes.app import FakeApplication
from tests.fakes.http import json_of, request
from tests.fakes.labels import labels


@pytest.fixture(autouse=True)
def labelled() -> Iterator[None]:
    with labels():
        yield


def served(answer: Answer, level: Level = "anyone", **environment: str) -> Handler:
    """An answer as an HTTP function of the application."""
    return endpoint(answer, "test", level, FakeApplication(**environment))


async def answered(call: Call) -> func.HttpResponse:
    return call.answer({"said": call.request.params.get("say", "nothing")})


@pytest.mark.parametrize("given", ["c-1", "!" * 128])
async def test_the_callers_correlation_id_comes_back(given: str) -> None:
    response = await served(answered)(request(headers={"x-correlation-id": given}))
    assert response.headers["X-Correlation-ID"] == given
    assert json_of(response) == {"said": "nothing"}


async def test_a_correlation_id_is_made_where_none_is_given() -> None:
    responses = [await served(answered)(request()) for _ in range(2)]
    one, other = (response.headers["X-Correlation-ID"] for response in responses)
    assert one
    assert one != other


async def test_a_malformed_correlation_id_is_a_fault_and_another_is_made() -> None:
    response = await served(answered)(request(headers={"x-correlation-id": "a b"}))
    assert response.status_code == 400
    assert json_of(response)["errors"][0]["pointer"] == "/X-Correlation-ID"
    assert response.headers["X-Correlation-ID"] == json_of(response)["correlationId"] != "a b"


@pytest.mark.parametrize("error", [RuntimeError("Ada Lovelace"), UnreadableEvent("Ada Lovelace")])
async def test_an_unknown_exception_is_a_500_whose_traceback_is_in_the_log(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(call: Call) -> func.HttpResponse:
        raise error

    response = await served(broken)(request(headers={"x-correlation-id": "c-1"}))
    assert response.status_code == 500
    document = json_of(response)
    assert b"Ada" not in response.get_body()
    assert document["correlationId"] == "c-1"
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.getMessage() == "test failed correlation_id=c-1"
    assert record.exc_info is not None
    assert record.exc_info[1] is error


async def test_a_refusal_is_nobodys_business_but_the_callers(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def refusing(call: Call) -> func.HttpResponse:
        raise RuleViolation("a-rule", "No.")

    response = await served(refusing)(request(path="/api/orders/789/ship"))
    assert response.status_code == 409
    assert json_of(response)["instance"] == "/api/orders/789/ship"
    assert caplog.records == []


@pytest.mark.parametrize("error", [StoreUnavailable("away"), KeysUnavailable("away")])
async def test_what_is_away_is_a_503_and_a_line_in_the_log(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    async def waiting(call: Call) -> func.HttpResponse:
        raise error

    response = await served(waiting)(request(headers={"x-correlation-id": "c-1"}))
    assert response.status_code == 503
    (record,) = caplog.records
    assert (record.levelno, record.exc_info) == (logging.WARNING, None)
    assert record.getMessage() == "test is put off: away correlation_id=c-1"


async def test_what_is_found_has_a_strong_tag_that_spares_its_repetition() -> None:
    tag = (await served(answered)(request())).headers["ETag"]
    assert re.fullmatch('"[!#-~]+"', tag)
    for named in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        headers = {"if-none-match": named, "x-correlation-id": "c-1"}
        response = await served(answered)(request(headers=headers))
        assert (response.status_code, response.get_body()) == (304, b"")
        assert dict(response.headers) == {"ETag": tag, "X-Correlation-ID": "c-1"}


async def test_other_content_has_another_tag() -> None:
    tags = {
        (await served(answered)(request(query=query))).headers["ETag"]
        for query in ({}, {"say": "a"}, {"say": "b"}, {"say": "a"})
    }
    assert len(tags) == 3
    response = await served(answered)(
        request(query={"say": "c"}, headers={"if-none-match": ", ".join(tags)})
    )
    assert json_of(response) == {"said": "c"}


async def test_what_has_a_tag_of_its_own_keeps_it() -> None:
    async def versioned(call: Call) -> func.HttpResponse:
        return call.answer({"version": 3}, headers={"ETag": '"3"', "X-Read-Source": "read-model"})

    response = await served(versioned)(request(headers={"if-none-match": '"3"'}))
    assert response.status_code == 304
    assert response.headers["ETag"] == '"3"'
    assert response.headers["X-Read-Source"] == "read-model"
    assert (await served(versioned)(request())).headers["ETag"] == '"3"'


@pytest.mark.parametrize(("method", "status"), [("POST", 200), ("GET", 503), ("DELETE", 202)])
async def test_nothing_else_is_answered_304(method: str, status: int) -> None:
    async def answer(call: Call) -> func.HttpResponse:
        return call.answer({}, status=status)

    response = await served(answer)(request(method, headers={"if-none-match": "*"}))
    assert (response.status_code, response.get_body()) == (status, b"{}")
    assert "ETag" not in response.headers


async def test_a_problem_has_no_tag_and_is_always_told() -> None:
    async def refusing(call: Call) -> func.HttpResponse:
        raise RuleViolation("a-rule", "No.")

    response = await served(refusing)(request(headers={"if-none-match": "*"}))
    assert response.status_code == 409
    assert "ETag" not in response.headers


def test_the_worker_sees_a_function_of_one_request() -> None:
    assert list(inspect.signature(served(answered)).parameters) == ["req"]


@pytest.mark.parametrize("path", ["/api/orders?a=b", "/api/orders/", "/api/orders/?a=b#c"])
def test_the_path_of_a_call_has_no_query_and_no_slash_at_its_end(path: str) -> None:
    assert (
        Call(request(path=path), "c", Principal(), "test", FakeApplication()).path == "/api/orders"
    )


SIGNED_IN = {"x-ms-client-principal-id": "ada"}


def with_roles(*roles: str) -> dict[str, str]:
    """The headers by which the platform vouches for a caller with roles."""
    claims = {"claims": [{"typ": "roles", "val": role} for role in roles], "role_typ": "roles"}
    return SIGNED_IN | {
        "x-ms-client-principal": base64.b64encode(msgspec.json.encode(claims)).decode()
    }


async def test_nobody_gets_in_without_signing_in_where_the_platform_authenticates() -> None:
    response = await served(answered, "reader", HTTP_AUTH="platform")(request())
    assert response.status_code == 401
    assert json_of(response)["type"] == "/problems/unauthorized"


@pytest.mark.parametrize(
    ("level", "role"),
    [("reader", "Orders.Read"), ("manager", "Orders.Manage"), ("operator", "Operations")],
)
async def test_each_level_needs_its_own_role(level: Level, role: str) -> None:
    handler = served(answered, level, HTTP_AUTH="platform")
    others = {"Orders.Read", "Orders.Manage", "Operations", "PersonalData.Read"} - {role}
    refused = await handler(request(headers=with_roles(*others)))
    assert refused.status_code == 403
    assert json_of(refused)["type"] == "/problems/forbidden"
    assert role in json_of(refused)["detail"]
    assert (await handler(request(headers=with_roles(role)))).status_code == 200


async def test_with_keys_forged_headers_give_nothing_and_take_nothing() -> None:
    seen: list[Principal] = []

    async def who(call: Call) -> func.HttpResponse:
        seen.append(call.principal)
        return call.answer({})

    response = await served(who, "operator")(request(headers=with_roles("Nothing")))
    assert response.status_code == 200
    assert seen == [Principal()]

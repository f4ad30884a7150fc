"""Requests and answers between the server and the worker."""

import json

import azure.functions as func
import pytest
from azure.functions.http import HttpResponseConverter

from local.functions_host.functions import Function
from local.functions_host.http_messages import (
    Answer,
    answer_of,
    join_headers,
    parse_query,
    request_datum,
    request_metadata,
)
from local.functions_host.worker import Datum

FUNCTION = Function("fn", "fn", {"type": "httpTrigger", "name": "req"}, ())


def answered(response: func.HttpResponse) -> Answer:
    encoded = HttpResponseConverter.encode(response, expected_type=None)
    return answer_of(FUNCTION, Datum(encoded.value, encoded.type))


def test_header_names_are_lower_case_and_repeats_joined() -> None:
    lines = [(b"X-A", b"1"), (b"x-b", b""), (b"X-a", b"2")]
    assert join_headers(lines) == {"x-a": "1,2", "x-b": ""}


@pytest.mark.parametrize(
    ("raw", "query"),
    [
        ("a=1&b=2", {"a": "1", "b": "2"}),
        ("a=&b=2&c", {"b": "2"}),
        ("a=1&a=2", {"a": "1,2"}),
        ("a=&a=2", {"a": "2"}),
        ("Name=1&nAME=2", {"Name": "1,2"}),
        ("a=x+y&b=x%20y", {"a": "x y", "b": "x y"}),
        ("a=%C3%A9&%C3%A9=1", {"a": "é", "é": "1"}),
        ("a=1=2;3", {"a": "1=2;3"}),
    ],
)
def test_a_query_is_read_as_the_real_host_reads_it(raw: str, query: dict[str, str]) -> None:
    assert parse_query(raw) == query


def test_the_metadata_is_query_headers_and_a_string_per_query_name() -> None:
    metadata = request_metadata({"host": "h"}, {"a": "1"})
    assert set(metadata) == {"a", "Query", "Headers"}
    assert (metadata["a"].type, metadata["a"].value) == ("string", "1")
    assert (metadata["Headers"].type, json.loads(metadata["Headers"].value)) == (
        "json",
        {"host": "h"},
    )


def test_a_body_is_bytes_whatever_its_content_type() -> None:
    headers = {"content-type": "application/json"}
    datum = request_datum("POST", "http://h/", headers, {}, {}, b"{}")
    assert (datum.value["body"].type, datum.value["body"].value) == ("bytes", b"{}")


def test_a_text_is_a_200_in_plain_text() -> None:
    answer = answer_of(FUNCTION, Datum("hé", "string"))
    assert answer == Answer(200, (("content-type", "text/plain; charset=utf-8"),), "hé".encode())


@pytest.mark.parametrize(
    "returned", [None, Datum(None, None), Datum(b"x", "bytes"), Datum({}, "dict")]
)
def test_anything_but_a_response_or_a_text_is_a_500_without_a_body(returned: Datum | None) -> None:
    answer = answer_of(FUNCTION, returned)
    assert (answer.status, answer.lines(), answer.body) == (500, [(b"content-length", b"0")], b"")


@pytest.mark.parametrize("status", [204, 304])
def test_204_and_304_lose_their_body_but_keep_the_content_type(status: int) -> None:
    answer = answered(func.HttpResponse("text", status_code=status))
    assert answer.body == b""
    assert answer.lines() == [(b"content-type", b"text/plain; charset=utf-8")]


def test_a_header_added_twice_goes_out_once_with_the_last_value() -> None:
    response = func.HttpResponse("x")
    response.headers.add("X-A", "1")
    response.headers.add("x-a", "2")
    assert [line for line in answered(response).headers if line[0].lower() == "x-a"] == [
        ("x-a", "2")
    ]


@pytest.mark.parametrize("value", ["é", "a\x01", "a\x7f"])
def test_a_header_value_that_http_does_not_allow_is_a_500(value: str) -> None:
    assert answered(func.HttpResponse("x", headers={"X-A": value})).status == 500


def test_a_line_break_in_a_header_value_is_a_500() -> None:
    value = {"status_code": "200", "headers": {"X-A": "a\r\nX-B: c"}, "body": b""}
    datum = {
        "status_code": Datum(value["status_code"], "string"),
        "headers": {"X-A": Datum("a\r\nX-B: c", "string")},
        "body": Datum(b"", "bytes"),
    }
    assert answer_of(FUNCTION, Datum(datum, "http")).status == 500


def test_a_status_that_http_does_not_have_is_a_500() -> None:
    assert answered(func.HttpResponse("x", status_code=99)).status == 500
    assert answered(func.HttpResponse("x", status_code=600)).status == 500


def test_what_the_server_sets_is_not_taken_from_the_function() -> None:
    headers = {
        "Content-Length": "99",
        "Transfer-Encoding": "gzip",
        "Connection": "close",
        "X-A": "1",
    }
    names = {name for name, _ in answered(func.HttpResponse("x", headers=headers)).headers}
    assert names == {"X-A", "content-type"}


def test_each_cookie_goes_out_on_its_own() -> None:
    response = func.HttpResponse("x")
    response.headers.add("Set-Cookie", "a=1; Path=/")
    response.headers.add("Set-Cookie", "b=2")
    cookies = [value for name, value in answered(response).headers if name == "Set-Cookie"]
    assert cookies == ["a=1; Path=/", "b=2"]

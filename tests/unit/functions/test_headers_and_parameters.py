"""Headers and parameters: what a request may say in them, and every way in which it may say it wrong."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions import requests
from functions.requests import InvalidRequest
from tests.fakes.http import request


def pointers(call: Any, *arguments: Any) -> list[str]:
    with pytest.raises(InvalidRequest) as refusal:
        call(*arguments)
    return [fault.pointer for fault in refusal.value.faults]


@pytest.mark.parametrize("value", ["a", "!" * 128, "~", "c-1;x=y,z"])
def test_an_id_in_a_header_is_visible_text(value: str) -> None:
    assert requests.correlation_id(request(headers={"x-correlation-id": value})) == value
    assert requests.idempotency_key(request(headers={"idempotency-key": value})) == value


@pytest.mark.parametrize("value", ["", " ", "a b", "a\n", "\x7f", "é", "a" * 129, "\t"])
def test_nothing_else_is_an_id_in_a_header(value: str) -> None:
    correlated = request(headers={"x-correlation-id": value})
    assert pointers(requests.correlation_id, correlated) == ["/X-Correlation-ID"]
    keyed = request(headers={"idempotency-key": value})
    assert pointers(requests.idempotency_key, keyed) == ["/Idempotency-Key"]


def test_headers_may_be_absent() -> None:
    assert requests.correlation_id(request()) is None
    assert requests.idempotency_key(request()) is None
    assert requests.expected_version(request()) is None
    assert requests.traceparent(request()) is None


@pytest.mark.parametrize(("value", "version"), [('"3"', 3), (' "12" ', 12), ('"0"', 0)])
def test_if_match_names_a_version(value: str, version: int) -> None:
    assert requests.expected_version(request(headers={"if-match": value})) == version


@pytest.mark.parametrize(
    "value", ["3", 'W/"3"', '"three"', "*", '"1", "2"', "", '"-1"', '"٣"', '"' + "9" * 13 + '"']
)
def test_if_match_is_one_strong_version(value: str) -> None:
    assert pointers(requests.expected_version, request(headers={"if-match": value})) == [
        "/If-Match"
    ]


TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_a_trace_context_is_taken_over_and_a_malformed_one_is_none() -> None:
    assert requests.traceparent(request(headers={"traceparent": TRACE})) == TRACE
    for malformed in (
        TRACE.upper(),
        TRACE[:-1],
        TRACE + "0",
        TRACE.replace("4bf92f3577b34da6a3ce929d0e0e4736", "0" * 32),
        TRACE.replace("00f067aa0ba902b7", "0" * 16),
        "",
        "garbage",
    ):
        assert requests.traceparent(request(headers={"traceparent": malformed})) is None


@pytest.mark.parametrize("identity", [".", "..", "", "a/b", "a%2Fb", "a b", "é", "a" * 65, "a\n"])
def test_an_id_in_the_path_is_one_of_the_contract(identity: str) -> None:
    assert requests.path_id(request(route={"orderId": "789"}), "orderId") == "789"
    bad = request(route={"orderId": identity})
    assert pointers(requests.path_id, bad, "orderId") == ["/orderId"]


def test_unknown_parameters_are_told_all_at_once() -> None:
    asked = request(query={"minversion": "1", "minVersion": "2", "x": "", "code": "the host's key"})
    assert pointers(requests.query, asked, "minVersion") == ["/minversion", "/x"]
    assert requests.query(request(query={"minVersion": "2", "code": "k"}), "minVersion") == {
        "minVersion": "2"
    }


def test_of_points_in_time_one_can_be_named() -> None:
    names = ("minVersion", "version", "asOf")
    assert requests.at_most_one(request(), *names) is None
    assert requests.at_most_one(request(query={"version": "3"}), *names) == ("version", "3")
    two = request(query={"version": "3", "asOf": "2026-11-01T00:00:00Z"})
    assert pointers(requests.at_most_one, two, *names) == ["/version", "/asOf"]


def test_a_version_is_a_whole_number_from_1() -> None:
    assert requests.version("1", "version") == 1
    assert requests.version("999999999999", "version") == 999_999_999_999


@pytest.mark.parametrize(
    "text", ["", "0", "-1", "+1", "1.0", " 1", "1 ", "1_0", "٣", "a", "1" * 13, "9" * 5_000, "00"]
)
def test_nothing_else_is_a_version(text: str) -> None:
    assert pointers(requests.version, text, "version") == ["/version"]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-01T12:00:00Z", "2026-11-01T12:00:00.000000Z"),
        ("2026-11-01t12:00:00.5z", "2026-11-01T12:00:00.500000Z"),
        ("2026-11-01T12:00:00.123456789Z", "2026-11-01T12:00:00.123456Z"),
        ("2026-11-01T14:00:00+02:00", "2026-11-01T12:00:00.000000Z"),
        ("2026-11-01T06:30:00-05:30", "2026-11-01T12:00:00.000000Z"),
        ("0999-01-01T00:00:00Z", "0999-01-01T00:00:00.000000Z"),
    ],
)
def test_a_moment_is_read_into_the_form_of_a_timestamp(text: str, moment: str) -> None:
    assert requests.moment(text, "asOf") == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-01",
        "2026-11-01T12:00:00",
        "2026-11-01T12:00:00 02:00",
        "2026-13-01T12:00:00Z",
        "2026-02-30T12:00:00Z",
        "2026-11-01T25:00:00Z",
        "20261101T120000Z",
        "0001-01-01T00:00:00+05:00",
        "9999-12-31T23:59:59-05:00",
        "now",
        "1793534400",
    ],
)
def test_nothing_else_is_a_moment(text: str) -> None:
    assert pointers(requests.moment, text, "asOf") == ["/asOf"]


@pytest.mark.parametrize(
    ("header", "current"),
    [
        ('"3"', True),
        ('W/"3"', True),
        ('"1", W/"3"', True),
        ("*", True),
        ('"2"', False),
        ("3", False),
        ("", False),
        (None, False),
    ],
)
def test_if_none_match_compares_weakly(header: str | None, current: bool) -> None:
    headers = {} if header is None else {"if-none-match": header}
    assert requests.has_current(request(headers=headers), '"3"') is current


@given(st.text(max_size=150))
def test_any_text_in_a_header_or_a_parameter_is_taken_or_refused(text: str) -> None:
    asked = request(
        headers=dict.fromkeys(
            ["x-correlation-id", "idempotency-key", "if-match", "if-none-match", "traceparent"],
            text,
        ),
        route={"orderId": text},
    )
    requests.traceparent(asked)
    requests.has_current(asked, '"1"')
    for call in (
        lambda: requests.correlation_id(asked),
        lambda: requests.idempotency_key(asked),
        lambda: requests.expected_version(asked),
        lambda: requests.path_id(asked, "orderId"),
        lambda: requests.version(text, "version"),
        lambda: requests.moment(text, "asOf"),
    ):
        with suppress(InvalidRequest):
            call()

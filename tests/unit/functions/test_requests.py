"""What a request may say, and every way in which it may say it wrong."""

from contextlib import suppress
from typing import Any

import azure.functions as func
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.order import CancelOrder, Item, PlaceOrder
from domain.values import Price
from functions import requests
from functions.faults import MOST
from functions.requests import (
    MAX_BODY_BYTES,
    BodyTooLarge,
    InvalidRequest,
    LengthRequired,
    UnsupportedMediaType,
)
from tests.fakes.http import request

ITEM = {"productId": "product-1", "quantity": 2, "price": 9.99}
BODY: dict[str, Any] = {"customerId": "customer-1", "items": [ITEM]}


def post(body: bytes | dict[str, Any], **headers: str) -> func.HttpRequest:
    return request("POST", body=body, headers=headers)


def faults(body: bytes | dict[str, Any]) -> dict[str, str]:
    """The faults of an order: what is expected, by pointer."""
    with pytest.raises(InvalidRequest) as refusal:
        requests.command(post(body), PlaceOrder)
    return {fault.pointer: fault.detail for fault in refusal.value.faults}


def pointers(call: Any, *arguments: Any) -> list[str]:
    with pytest.raises(InvalidRequest) as refusal:
        call(*arguments)
    return [fault.pointer for fault in refusal.value.faults]


def test_a_body_becomes_a_command() -> None:
    item = Item("product-1", 2, Price("9.99"))
    expected = PlaceOrder(customer_id="customer-1", items=(item,))
    assert requests.command(post(BODY), PlaceOrder) == expected


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"customerId": ""}, "/customerId"),
        ({"customerId": "a\n"}, "/customerId"),
        ({"customerId": "a" * 65}, "/customerId"),
        ({"customerId": 5}, "/customerId"),
        ({"customerId": None}, "/customerId"),
        ({"orderId": "."}, "/orderId"),
        ({"orderId": ".."}, "/orderId"),
        ({"orderId": "a/b"}, "/orderId"),
        ({"orderId": True}, "/orderId"),
        ({"items": []}, "/items"),
        ({"items": {}}, "/items"),
        ({"items": [ITEM] * 201}, "/items"),
        ({"items": [5]}, "/items/0"),
        ({"items": [ITEM, ITEM | {"quantity": 0}]}, "/items/1/quantity"),
        ({"items": [ITEM | {"quantity": 1_000_001}]}, "/items/0/quantity"),
        ({"items": [ITEM | {"quantity": 1.5}]}, "/items/0/quantity"),
        ({"items": [ITEM | {"quantity": "1"}]}, "/items/0/quantity"),
        ({"items": [ITEM | {"quantity": True}]}, "/items/0/quantity"),
        ({"items": [ITEM | {"price": -0.01}]}, "/items/0/price"),
        ({"items": [ITEM | {"price": 0.001}]}, "/items/0/price"),
        ({"items": [ITEM | {"price": 1_000_000.01}]}, "/items/0/price"),
        ({"items": [ITEM | {"price": 1e300}]}, "/items/0/price"),
        ({"items": [ITEM | {"price": "9.99"}]}, "/items/0/price"),
        ({"items": [ITEM | {"price": False}]}, "/items/0/price"),
        ({"items": [ITEM | {"colour": "red"}]}, "/items/0/colour"),
        ({"currency": "usd"}, "/currency"),
        ({"currency": "XAU"}, "/currency"),
        ({"shippingAddress": ""}, "/shippingAddress"),
        ({"shippingAddress": 5}, "/shippingAddress"),
        ({"shippingAddress": {"street": ""}}, "/shippingAddress/street"),
        ({"shippingAddress": {"a b": "x"}}, "/shippingAddress"),
        ({"contact": {"email": 5}}, "/contact/email"),
        ({"contact": {"fax": "1"}}, "/contact/fax"),
        ({"contact": "me"}, "/contact"),
        ({"payment": {"creditCard": ""}}, "/payment/creditCard"),
        ({"coupon": "SAVE"}, "/coupon"),
        ({"a/b~c": 1}, "/a~1b~0c"),
    ],
    ids=repr,
)
def test_a_fault_is_told_with_its_pointer(change: dict[str, Any], pointer: str) -> None:
    found = faults(BODY | change)
    assert list(found) == [pointer]
    assert found[pointer]


@pytest.mark.parametrize("name", ["customerId", "items"])
def test_a_missing_field_is_told(name: str) -> None:
    body = {key: value for key, value in BODY.items() if key != name}
    assert faults(body) == {f"/{name}": "Missing field."}


def test_all_faults_are_told_at_once() -> None:
    items = [{"productId": "..", "quantity": 0, "price": 0.001, "size": 1}, {}, 7]
    body = {"orderId": "/", "items": items, "currency": "??", "contact": {"name": 1}, "tip": 5}
    assert faults(body).keys() == {
        "/orderId",
        "/customerId",
        "/items/0/productId",
        "/items/0/quantity",
        "/items/0/price",
        "/items/0/size",
        "/items/1/productId",
        "/items/1/quantity",
        "/items/1/price",
        "/items/2",
        "/currency",
        "/contact/name",
        "/tip",
    }


def test_a_total_beyond_the_limit_is_a_fault_of_the_items() -> None:
    dear = {"productId": "p", "quantity": 1_000_000, "price": 1_000_000}
    found = faults(BODY | {"items": [dear] * 11})
    assert found == {"/items": "Expected a total of at most 9999999999999.99."}


GARBAGE = {
    "nothing": b"",
    "a truncated object": b'{"customerId": "c", "items": [',
    "a truncated text": b'{"customerId": "c',
    "50,000 brackets": b"[" * 50_000,
    "50,000 brackets, closed": b"[" * 50_000 + b"]" * 50_000,
    "9,000 objects": b'{"a":' * 9_000 + b"1" + b"}" * 9_000,
    "a deep value": b'{"customerId":' + b"[" * 2_000 + b"]" * 2_000 + b"}",
    "NaN": b'{"customerId": "c", "items": [{"productId": "p", "quantity": 1, "price": NaN}]}',
    "Infinity": b'{"customerId": "c", "items": Infinity}',
    "-Infinity": b'{"customerId": -Infinity}',
    "a number beyond doubles": b'{"customerId": 1e400}',
    "an endless exponent": b'{"customerId": 1e999999999999999999999}',
    "an endless number": b'{"customerId": ' + b"9" * 5_000 + b"}",
    "a lone surrogate": b'{"customerId": "\\ud800", "items": []}',
    "a lone surrogate as a name": b'{"\\udfff": 1}',
    "invalid UTF-8": b'{"customerId": "\xff\xfe"}',
    "an encoded surrogate": b'{"customerId": "\xed\xa0\x80"}',
    "a byte order mark": b"\xef\xbb\xbf" + b'{"customerId": "c"}',
    "UTF-16": '{"customerId": "c"}'.encode("utf-16"),
    "a control character": b'{"customerId": "\x01"}',
    "two values": b"{} {}",
    "a comma too many": b'{"customerId": "c",}',
    "a comment": b"// nothing\n{}",
    "single quotes": b"{'customerId': 'c'}",
    "a list": b"[]",
    "a text": b'"order"',
    "a number": b"1",
    "null": b"null",
    "true": b"true",
    "zero bytes": b"\x00" * 100,
    "a form": b"customerId=c&items=1",
}


@pytest.mark.parametrize("body", GARBAGE.values(), ids=GARBAGE)
def test_garbage_of_every_kind_is_an_invalid_request(body: bytes) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        requests.command(post(body), PlaceOrder)
    assert refusal.value.faults
    assert str(refusal.value).startswith("The request has ")


@pytest.mark.parametrize("number", [b"1e27", b"1e400", b"-1e400", b"9" * 40, b"-" + b"9" * 400])
@pytest.mark.parametrize("name", ["price", "quantity"])
def test_a_number_of_any_size_is_a_fault_of_its_field(number: bytes, name: str) -> None:
    item = b'{"productId": "p", "quantity": 1, "price": 1, "%s": %s}' % (name.encode(), number)
    assert list(faults(b'{"customerId": "c", "items": [%s]}' % item)) == [f"/items/0/{name}"]


def test_the_faults_of_a_body_full_of_them_are_told_up_to_a_bound() -> None:
    body = b'{"customerId": "c", "items": [%s]}' % b",".join([b"0"] * 120_000)
    assert len(body) < MAX_BODY_BYTES
    assert len(faults(body)) == MOST


def test_a_body_has_room_for_256_kib() -> None:
    body = b'{"reason": "late"}'
    assert requests.command(post(body.ljust(MAX_BODY_BYTES)), CancelOrder).reason == "late"
    for size in (MAX_BODY_BYTES + 1, 10 * 2**20):
        with pytest.raises(BodyTooLarge, match=str(size)):
            requests.command(post(body.ljust(size)), CancelOrder)


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON",
        " application/json ;x",
    ],
)
def test_json_is_json_however_it_is_written(media_type: str) -> None:
    body = post({"reason": "late"}, **{"content-type": media_type})
    assert requests.command(body, CancelOrder).reason == "late"


@pytest.mark.parametrize(
    "media_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp", "json", "*/*"],
)
def test_another_media_type_is_not_read(media_type: str) -> None:
    with pytest.raises(UnsupportedMediaType):
        requests.command(post(b"{}", **{"content-type": media_type}), CancelOrder)


def test_a_chunked_body_which_arrives_empty_is_told_apart_from_none() -> None:
    with pytest.raises(LengthRequired):
        requests.command(post(b"", **{"transfer-encoding": "chunked"}), CancelOrder)
    with pytest.raises(InvalidRequest):
        requests.command(post(b""), CancelOrder)


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
    assert requests.has_current(request(headers=headers), 3) is current


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
    requests.has_current(asked, 1)
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

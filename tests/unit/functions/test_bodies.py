"""Bodies: what a command may say, and every way in which it may say it wrong."""

from typing import Any

import azure.functions as func
import pytest

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


@pytest.mark.parametrize(
    "kind", ["invalid UTF-8", "an encoded surrogate", "a byte order mark", "UTF-16", "NaN"]
)
def test_what_is_no_json_at_all_is_not_read_any_further(kind: str) -> None:
    assert list(faults(GARBAGE[kind])) == [""]


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

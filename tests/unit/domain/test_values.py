"""The limits of the values that commands and events are made of."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.order import CancelOrder, Item, PlaceOrder
from domain.values import (
    Id,
    InvalidValue,
    Money,
    Price,
    Quantity,
    Text,
    from_json,
    is_id,
    json_schema,
    to_json,
)
from tests.strategies.orders import amounts, ids

REFUSED_IDS = [
    "",
    ".",
    "..",
    ".a",
    "-a",
    "_a",
    "a" * 65,
    "a\n",
    "a\n\n",
    "\na",
    "a b",
    "a/b",
    "a%2Fb",
    "é",
    "a\x00",
    "\u0661",
]


def test_an_id_has_up_to_64_of_its_characters() -> None:
    for text in ("a", "0", "A" * 64, "prod_001", "a.b-c_d", "a..b"):
        assert is_id(text)
        assert msgspec.convert(text, Id) == text


@pytest.mark.parametrize("text", REFUSED_IDS)
def test_no_other_text_is_an_id(text: str) -> None:
    assert not is_id(text)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(text, Id)


@given(ids)
def test_every_id_of_the_contract_is_one(text: str) -> None:
    assert is_id(text)


@given(st.text(max_size=70))
def test_an_id_is_the_same_to_a_path_and_to_a_body(text: str) -> None:
    try:
        msgspec.convert(text, Id)
        accepted = True
    except msgspec.ValidationError:
        accepted = False
    assert is_id(text) == accepted


@pytest.mark.parametrize("quantity", [1, 2, 1_000_000])
def test_a_quantity_goes_from_one_to_a_million(quantity: int) -> None:
    assert msgspec.convert(quantity, Quantity) == quantity


@pytest.mark.parametrize("quantity", [0, -1, 1_000_001, 1.5, True, "1", None, 2**70])
def test_nothing_else_is_a_quantity(quantity: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(quantity, Quantity)


def test_a_text_has_1_to_500_characters_whatever_they_take_in_bytes() -> None:
    assert msgspec.convert("😀" * 500, Text) == "😀" * 500
    for text in ("", "a" * 501):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(text, Text)


@pytest.mark.parametrize(
    ("number", "amount"),
    [
        (0, "0"),
        (1, "1"),
        (0.1, "0.1"),
        (19.99, "19.99"),
        (1_000_000, "1000000"),
        (Decimal("1.10"), "1.1"),
        (999_999.99, "999999.99"),
        (1e5, "100000"),
        (-0.0, "0"),
    ],
)
def test_a_price_is_a_number_of_at_most_two_decimals(number: object, amount: str) -> None:
    price = Price.parse(number)
    assert type(price) is Price
    assert price == Decimal(amount)


@pytest.mark.parametrize(
    "value",
    [
        -0.01,
        1_000_000.01,
        0.001,
        1.005,
        0.1 + 0.2,
        1e300,
        10**40,
        float("nan"),
        float("inf"),
        -float("inf"),
        Decimal("NaN"),
        Decimal("Infinity"),
        True,
        "1",
        None,
        [1],
    ],
)
def test_nothing_else_is_a_price_and_the_refusal_does_not_repeat_it(value: object) -> None:
    with pytest.raises(ValueError, match="Expected") as refusal:
        Price.parse(value)
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        assert str(value) not in str(refusal.value)


def test_money_goes_up_to_what_a_double_holds_to_the_cent() -> None:
    assert Money.parse(9_999_999_999_999.99) == Decimal("9999999999999.99")
    with pytest.raises(ValueError, match="from 0 to"):
        Money.parse(10_000_000_000_000)


@given(amounts(Money))
def test_every_amount_survives_the_wire(amount: Money) -> None:
    wire = msgspec.json.encode(amount, enc_hook=to_json)
    assert msgspec.json.decode(wire, type=Money, dec_hook=from_json) == amount


@given(amounts(Money))
def test_an_amount_is_written_with_two_decimals_at_most(amount: Money) -> None:
    whole, _, cents = msgspec.json.encode(amount, enc_hook=to_json).decode().partition(".")
    assert whole.isdigit()
    assert len(cents) <= 2


def test_a_whole_amount_is_written_as_an_integer() -> None:
    assert isinstance(Money("10.00").number(), int)


def test_the_hooks_refuse_types_that_nobody_registered() -> None:
    with pytest.raises(TypeError, match="complex"):
        from_json(complex, 1)
    with pytest.raises(TypeError, match="complex"):
        to_json(1j)
    with pytest.raises(TypeError, match="complex"):
        json_schema(complex)


def test_the_schema_of_a_price_has_its_limits() -> None:
    assert json_schema(Price) == {
        "type": "number",
        "minimum": 0,
        "maximum": 1_000_000,
        "multipleOf": 0.01,
    }


def test_an_invalid_value_says_where() -> None:
    assert InvalidValue("/items", "too much").pointer == "/items"


@pytest.mark.parametrize("currency", ["usd", "XXX", "XAU", "", "US", None, 840])
def test_only_currencies_of_iso_4217_are_known(currency: object) -> None:
    body = {"customerId": "c", "items": [{"productId": "p", "quantity": 1, "price": 1}]}
    assert msgspec.convert(body | {"currency": "JPY"}, PlaceOrder, dec_hook=from_json)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(body | {"currency": currency}, PlaceOrder, dec_hook=from_json)


@pytest.mark.parametrize("count", [0, 201])
def test_an_order_has_1_to_200_items(count: int) -> None:
    item = {"productId": "p", "quantity": 1, "price": 1}
    for accepted in (1, 200):
        body = {"customerId": "c", "items": [item] * accepted}
        assert len(msgspec.convert(body, PlaceOrder, dec_hook=from_json).items) == accepted
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"customerId": "c", "items": [item] * count}, PlaceOrder)


def test_values_and_commands_are_frozen() -> None:
    with pytest.raises(AttributeError):
        Item("p", 1, Price(1)).quantity = 2  # type: ignore[misc]  # what is tested
    with pytest.raises(AttributeError):
        CancelOrder(reason="a").reason = "b"  # type: ignore[misc]  # what is tested


def test_a_command_knows_every_field_of_its_body() -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        msgspec.convert({"reason": "a", "resaon": "b"}, CancelOrder)

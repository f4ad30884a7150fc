"""Bodies of every kind: a command comes out, or a request error with faults that can be sent back."""

import copy
import json
from typing import Any

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from domain.registry import AGGREGATES
from domain.values import to_json
from functions import requests
from functions.requests import InvalidRequest, RequestError
from tests.fakes.http import request
from tests.strategies import json_values
from tests.strategies.orders import commands

KINDS = [kind for aggregate in AGGREGATES for kind in aggregate.commands.values()]
MARK = "Zq7"
"""In every text of a mutated body, so that a fault that repeats one is seen."""

kinds = st.sampled_from(KINDS)
hostile = st.one_of(
    json_values.values,
    st.sampled_from(
        [
            float("nan"),
            float("inf"),
            -float("inf"),
            10**40,
            -(10**400),
            1e300,
            -0.0,
            0.1 + 0.2,
            "\ud800",
            "\x00",
            "a\n",
            "..",
            True,
            [],
            {},
            {"\udfff": 1},
        ]
    ),
)


def taken(body: bytes, kind: type[Any]) -> list[str]:
    """The details of a body's faults; none where it became a command."""
    try:
        command = requests.command(request("POST", body=body), kind)
    except InvalidRequest as refusal:
        return can_be_sent_back(refusal)
    except RequestError:
        return []
    assert isinstance(command, kind)
    return []


def can_be_sent_back(refusal: InvalidRequest) -> list[str]:
    assert refusal.faults
    for fault in refusal.faults:
        assert fault.pointer == "" or fault.pointer.startswith("/")
        assert fault.detail
    msgspec.json.encode(refusal.faults)
    return [fault.detail for fault in refusal.faults]


@given(st.binary(max_size=200), kinds)
def test_any_bytes(body: bytes, kind: type[Any]) -> None:
    taken(body, kind)


@given(json_values.values, kinds)
def test_any_json(value: Any, kind: type[Any]) -> None:
    taken(msgspec.json.encode(value), kind)


@st.composite
def bodies(draw: st.DrawFn) -> tuple[Any, type[Any]]:
    """A valid body and its command."""
    command = draw(commands)
    return msgspec.json.decode(msgspec.json.encode(command, enc_hook=to_json)), type(command)


@given(bodies())
def test_a_valid_body_is_the_command_that_it_was_made_of(made: tuple[Any, type[Any]]) -> None:
    body, kind = made
    assert taken(msgspec.json.encode(body), kind) == []


@given(bodies(), st.data())
def test_a_valid_body_with_something_else_anywhere(
    made: tuple[Any, type[Any]], data: st.DataObject
) -> None:
    body, kind = made
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(places(body)))
        match data.draw(st.sampled_from(["replace", "remove", "add"])):
            case "replace":
                place[0][place[1]] = copy.deepcopy(data.draw(hostile))
            case "remove":
                del place[0][place[1]]
            case "add" if isinstance(place[0], dict):
                place[0][data.draw(json_values.text)] = copy.deepcopy(data.draw(hostile))
        if not places(body):
            break
    taken(json.dumps(body).encode(), kind)


@given(bodies(), st.data())
def test_a_valid_body_with_other_bytes(made: tuple[Any, type[Any]], data: st.DataObject) -> None:
    body, kind = made
    raw = bytearray(msgspec.json.encode(body))
    position = data.draw(st.integers(0, len(raw) - 1))
    length = data.draw(st.integers(0, 3))
    raw[position : position + length] = data.draw(st.binary(max_size=3))
    taken(bytes(raw), kind)
    taken(bytes(raw[:position]), kind)


@given(hostile, st.sampled_from(["customerId", "items", "currency", "contact", "shippingAddress"]))
@example({"email": [MARK], "name": {"x": MARK}}, "contact")
@example([{"productId": MARK + "\n", "quantity": MARK, "price": MARK}], "items")
@example({MARK + " ": MARK}, "shippingAddress")
@example(MARK * 300, "shippingAddress")
@example(MARK, "currency")
def test_no_fault_repeats_a_value_of_the_body(value: Any, name: str) -> None:
    def marked(part: Any) -> Any:
        match part:
            case str():
                return part + MARK
            case list():
                return [marked(item) for item in part]
            case dict():
                return {key: marked(item) for key, item in part.items()}
            case int() | float() if not isinstance(part, bool):
                return 7_777_777_777
            case _:
                return part

    body = json.dumps({"customerId": "c", "items": [], name: marked(value)}).encode()
    details = taken(body, KINDS[0])
    assert not [detail for detail in details if MARK in detail or "7777777777" in detail]


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container below a value with each of its keys."""
    members = (
        list(value.items())
        if isinstance(value, dict)
        else list(enumerate(value))
        if isinstance(value, list)
        else []
    )
    return [(value, key) for key, _ in members] + [
        place for _, member in members for place in places(member)
    ]

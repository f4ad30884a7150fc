"""Canonical JSON, held against the `rfc8785` package and the RFC's own examples."""

import json
import math
import struct
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from event_store.canonical import canonical_json
from tests.strategies.json_values import doubles, text, values


@given(values)
def test_every_json_value_is_written_as_the_rfc_says(value: Any) -> None:
    assert canonical_json(value) == rfc8785.dumps(value)


@given(st.integers(0, 2**64 - 1).map(lambda bits: struct.unpack("<d", struct.pack("<Q", bits))[0]))
@example(0.0)
@example(-0.0)
@example(5e-324)
@example(1.7976931348623157e308)
@example(1e21)
@example(999999999999999900000.0)
@example(1e-6)
@example(1e-7)
@example(float(2**53))
@example(float(2**53 + 2))
@example(333333333.33333329)
def test_every_double_is_written_as_the_rfc_says(value: float) -> None:
    if math.isfinite(value):
        assert canonical_json(value) == rfc8785.dumps(value)
    else:
        with pytest.raises(ValueError, match="no JSON number"):
            canonical_json(value)


@given(doubles)
def test_a_double_is_read_back_as_the_same_double(value: float) -> None:
    assert float(json.loads(canonical_json(value))) == value


@given(st.dictionaries(text, st.none(), max_size=8))
@example({"\ufb33": None, "\U0001f600": None, "\u20ac": None, "\r": None, "1": None, "\x80": None})
def test_names_are_ordered_by_their_utf_16_code_units(members: dict[str, None]) -> None:
    assert canonical_json(members) == rfc8785.dumps(members)


@given(st.text(st.characters(max_codepoint=0x9F), max_size=20))
@example("".join(map(chr, range(0x20))) + '\x7f"\\/\u2028\u2029')
def test_control_characters_are_escaped_as_the_rfc_says(value: str) -> None:
    assert canonical_json(value) == rfc8785.dumps(value)


def test_the_rfcs_own_example() -> None:
    value = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
        "literals": [None, True, False],
    }
    assert canonical_json(value).decode() == (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


@given(st.permutations(["a", "b", "c", "é", "😀"]))
def test_the_order_in_which_a_document_was_built_makes_no_difference(names: list[str]) -> None:
    document = {name: index for index, name in enumerate(sorted(names))}
    assert canonical_json({name: document[name] for name in names}) == canonical_json(document)


@given(st.integers(-(10**30), 10**30))
@example(2**53 + 1)
@example(-(2**53) - 1)
def test_an_integer_is_written_as_the_double_that_cosmos_keeps_of_it(value: int) -> None:
    assert canonical_json(value) == canonical_json(float(value))


def test_a_whole_double_is_written_as_an_integer() -> None:
    assert canonical_json([1.0, -0.0, 1e5, 59.97]) == b"[1,0,100000,59.97]"


def test_a_tuple_is_a_list() -> None:
    assert canonical_json({"a": (1, 2)}) == canonical_json({"a": [1, 2]})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_json_number_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="no JSON number"):
        canonical_json({"a": [value]})


@pytest.mark.parametrize("value", [b"a", {1}, object(), 1j])
def test_what_json_does_not_know_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="no JSON value"):
        canonical_json([value])


def test_an_integer_beyond_every_double_is_refused() -> None:
    with pytest.raises(OverflowError):
        canonical_json(10**400)

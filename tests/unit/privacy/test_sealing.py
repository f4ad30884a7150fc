"""Sealed values: opened where they were sealed, and nowhere else."""

import base64
import os
import string
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.errors import Tampered
from privacy.sealing import (
    MARK,
    DataKey,
    Sealed,
    replace_sealed,
    seal,
    sealed_in,
    unseal,
    without_sealed,
)
from tests.strategies.json_values import members, values

KEY = DataKey("cust-1", "key-1", bytes(range(32)))
PLACE = "order-789|3|data/signedBy"
OTHER = st.text(max_size=20)
plain = values | st.lists(values, max_size=3) | members(values)


def sealed(value: Any, key: DataKey = KEY, place: str = PLACE) -> Sealed:
    return msgspec.convert(seal(value, key, place), Sealed)


@given(plain, OTHER)
def test_a_value_comes_back_where_it_was_sealed(value: Any, place: str) -> None:
    assert unseal(sealed(value, place=place), KEY, place) == value


@given(plain, OTHER)
def test_a_value_cannot_be_moved(value: Any, place: str) -> None:
    moved = sealed(value, place=f"{place}.")
    with pytest.raises(Tampered):
        unseal(moved, KEY, place)


@pytest.mark.parametrize(
    "key",
    [
        DataKey("cust-2", "key-1", KEY.secret),
        DataKey("cust-1", "key-2", KEY.secret),
        DataKey("cust-1", "key-1", os.urandom(32)),
    ],
    ids=["subject", "key id", "secret"],
)
def test_a_value_opens_under_the_key_of_its_sealing_only(key: DataKey) -> None:
    with pytest.raises(Tampered):
        unseal(sealed("Ada"), key, PLACE)


@given(st.text(max_size=20), st.data())
def test_any_flipped_bit_is_found(value: str, data: st.DataObject) -> None:
    text = sealed(value).text
    flipped = bytearray(text.encode())
    flipped[data.draw(st.integers(0, len(flipped) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    altered = flipped.decode("latin-1")
    with pytest.raises(Tampered):
        unseal(Sealed(altered, KEY.subject, KEY.id), KEY, PLACE)


def test_a_text_has_one_form_in_its_last_letter_too() -> None:
    """Where base64 leaves bits unused, a decoder takes several letters for one."""
    text = sealed("Adam").text
    assert text.endswith("=")
    last = len(text.rstrip("=")) - 1
    alike = [
        f"{text[:last]}{letter}{text[last + 1 :]}"
        for letter in string.ascii_letters + string.digits
        if letter != text[last]
    ]
    raw = base64.urlsafe_b64decode(text)
    assert raw in [base64.urlsafe_b64decode(other) for other in alike]
    for other in (*alike, f" {text}", f"{text}="):
        with pytest.raises(Tampered):
            unseal(Sealed(other, KEY.subject, KEY.id), KEY, PLACE)


@pytest.mark.parametrize("text", ["", "A", "AAAA", "é", "=", "A" * 40])
def test_what_sealing_never_wrote_is_refused(text: str) -> None:
    with pytest.raises(Tampered):
        unseal(Sealed(text, KEY.subject, KEY.id), KEY, PLACE)


def test_the_same_value_is_never_sealed_to_the_same_text() -> None:
    texts = {sealed("4111 1111 1111 1111").text for _ in range(100)}
    assert len({text[:16] for text in texts}) == 100


def test_nothing_of_a_value_shows() -> None:
    text = sealed("distinctive").text
    assert b"distinctive" not in base64.urlsafe_b64decode(text)


def test_a_key_is_not_shown() -> None:
    assert "secret" not in repr(KEY)
    assert str(KEY.secret) not in repr(KEY)


NESTED = {
    "a": seal(1, KEY, "x"),
    "b": {"c": seal(2, KEY, "x"), "d": 3},
    "e": [{"f": seal(4, KEY, "x")}, 5],
}


def test_sealed_values_are_found_by_their_paths() -> None:
    assert sealed_in(NESTED).keys() == {"a", "b/c", "e/0/f"}


def test_sealed_values_are_replaced_and_nothing_else() -> None:
    replaced = replace_sealed(NESTED, lambda path, _: path)
    assert replaced == {"a": "a", "b": {"c": "b/c", "d": 3}, "e": [{"f": "e/0/f"}, 5]}


def test_without_what_is_sealed_the_rest_stays() -> None:
    assert without_sealed(NESTED) == {"b": {"d": 3}, "e": [{}, 5]}


@pytest.mark.parametrize(
    "damaged",
    [
        {MARK: "x"},
        {MARK: 1, "subject": "s", "key": "k"},
        {MARK: "x", "subject": "s", "key": "k", "more": 1},
    ],
)
def test_what_sealing_would_not_write_is_no_sealed_value(damaged: dict[str, Any]) -> None:
    with pytest.raises(Tampered):
        sealed_in({"data": damaged})

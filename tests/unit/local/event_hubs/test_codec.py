"""AMQP values to bytes and back, and bytes that are no values."""

import contextlib
import struct

import pytest
from azure.eventhub._pyamqp._decode import _DECODE_BY_CONSTRUCTOR
from azure.eventhub._pyamqp._encode import encode_value
from hypothesis import example, given
from hypothesis import strategies as st

from local.event_hubs.amqp.decoding import MAX_DEPTH, decode, element_spans, skip
from local.event_hubs.amqp.encoding import encode
from local.event_hubs.amqp.errors import DecodeFault
from local.event_hubs.amqp.values import (
    Described,
    StringArray,
    Symbol,
    SymbolArray,
    UByte,
    UInt,
)
from tests.unit.local.event_hubs.amqp_values import scalars, values


@given(values)
def test_what_is_encoded_is_decoded_to_the_same_value(value: object) -> None:
    encoded = encode(value)
    assert decode(encoded) == (value, len(encoded))


@given(values)
def test_skipping_a_value_ends_where_decoding_it_ends(value: object) -> None:
    encoded = encode(value)
    assert skip(encoded + b"\x40") == len(encoded)


@given(values, st.data())
def test_a_value_that_is_cut_off_anywhere_is_a_fault(value: object, data: st.DataObject) -> None:
    encoded = encode(value)
    cut = encoded[: data.draw(st.integers(0, len(encoded) - 1))]
    with pytest.raises(DecodeFault):
        decode(cut)
    with pytest.raises(DecodeFault):
        skip(cut)


@given(st.binary(max_size=200))
@example(b"\xd0\xff\xff\xff\xff\xff\xff\xff\xff")
@example(b"\xf0\x00\x00\x00\x05\xff\xff\xff\xff\x40")
@example(b"\xf0\x00\x00\x00\x09\x00\x00\x00\x01\xf0\x00\x00\x00\x00")
@example(b"\xc1\x03\x01\x40\x40")
@example(b"\xc1\x06\x02\xc0\x01\x00\x40\x40")
@example(b"\xa1\x01\xff")
@example(b"\xa3\x01\xff")
@example(b"\x73\xff\xff\xff\xff")
@example(b"\x56\x02")
def test_any_bytes_are_a_value_or_a_decode_fault(content: bytes) -> None:
    for reader in (decode, skip, lambda buffer: element_spans(buffer, 0)):
        try:
            reader(content)
        except DecodeFault:
            continue


@given(values, st.data())
def test_one_wrong_byte_is_a_value_or_a_decode_fault(value: object, data: st.DataObject) -> None:
    encoded = bytearray(encode(value))
    encoded[data.draw(st.integers(0, len(encoded) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(DecodeFault):
        decode(bytes(encoded))


@pytest.mark.parametrize("opening", [b"\xc0", b"\x00"])
def test_deep_nesting_is_a_fault_and_no_stack_overflow(opening: bytes) -> None:
    nested = b"\x45"
    for _ in range(5000):
        size = struct.pack(">II", len(nested) + 4, 1)
        nested = b"\xd0" + size + nested if opening == b"\xc0" else b"\x00\x44" + nested
    with pytest.raises(DecodeFault, match="nested deeper"):
        decode(nested)


def test_described_descriptors_are_nested_no_deeper_than_values() -> None:
    chain = b"\x00" * (MAX_DEPTH * 10) + b"\x40" * 20
    for reader in (decode, skip):
        with pytest.raises(DecodeFault, match="nested deeper"):
            reader(chain)


def test_an_array_of_nothing_does_not_claim_four_billion_elements() -> None:
    hostile = b"\xf0" + struct.pack(">II", 5, 0xFFFFFFFF) + b"\x40"
    with pytest.raises(DecodeFault, match="claims 4294967295 elements"):
        decode(hostile)


def test_arrays_are_decoded_element_by_element() -> None:
    assert decode(encode(SymbolArray(("a", "bc"))))[0] == ["a", "bc"]
    assert decode(encode(StringArray(("1", "ü"))))[0] == ["1", "ü"]
    assert decode(b"\xe0\x05\x03\x50\x01\x02\x03")[0] == [1, 2, 3]


def test_a_plain_int_is_not_encoded_because_ten_types_could_be_meant() -> None:
    with pytest.raises(TypeError, match="wrap it"):
        encode(5)


@given(scalars)
def test_the_sdk_reads_what_is_encoded(value: object) -> None:
    encoded = memoryview(encode(value))
    _, decoded = _DECODE_BY_CONSTRUCTOR[encoded[0]](encoded[1:])
    expected = value.encode() if isinstance(value, str) else value
    assert decoded == expected


_sdk_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.binary(), st.text(st.characters(codec="utf-8"))),
    lambda children: st.one_of(
        st.lists(children, max_size=4),
        st.dictionaries(st.text("abc", max_size=4), children, max_size=4),
    ),
)


@given(_sdk_values)
def test_what_the_sdk_encodes_is_read(value: object) -> None:
    encoded = bytearray()
    encode_value(encoded, value)
    assert decode(bytes(encoded)) == (value, len(encoded))


def test_elements_are_located_without_being_decoded() -> None:
    encoded = encode([None, Symbol("a"), Described(Symbol("x"), UInt(7)), UByte(1)])
    spans, end = element_spans(encoded, 0)
    assert end == len(encoded)
    assert [decode(encoded[start:stop])[0] for start, stop in spans] == [
        None,
        "a",
        Described("x", 7),
        1,
    ]

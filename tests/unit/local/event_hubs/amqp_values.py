"""Hypothesis strategies: values of every AMQP type, as they are encoded and as they come back."""

import uuid

from hypothesis import strategies as st

from local.event_hubs.amqp.values import (
    Described,
    Int,
    Long,
    Symbol,
    Timestamp,
    UByte,
    UInt,
    ULong,
    UShort,
)

_ascii = st.text(st.characters(max_codepoint=127), max_size=300)

scalars: st.SearchStrategy[object] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(0, 0xFF).map(UByte),
    st.integers(0, 0xFFFF).map(UShort),
    st.integers(0, 0xFFFFFFFF).map(UInt),
    st.integers(0, 0xFFFFFFFFFFFFFFFF).map(ULong),
    st.integers(-(2**31), 2**31 - 1).map(Int),
    st.integers(-(2**63), 2**63 - 1).map(Long),
    st.integers(-(2**63), 2**63 - 1).map(Timestamp),
    st.floats(allow_nan=False),
    st.binary(max_size=300),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=300),
    _ascii.map(Symbol),
    st.builds(lambda value: uuid.UUID(int=value), st.integers(0, 2**128 - 1)),
)
_keys = st.one_of(_ascii.map(Symbol), st.integers(0, 2**64 - 1).map(ULong))


def _containers(children: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.one_of(
        st.lists(children, max_size=5),
        st.dictionaries(_keys, children, max_size=5),
        st.builds(Described, st.integers(0, 2**32).map(ULong), children),
    )


values: st.SearchStrategy[object] = st.recursive(scalars, _containers, max_leaves=20)

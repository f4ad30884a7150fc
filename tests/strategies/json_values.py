"""Hypothesis strategies for JSON: every value that a document in Cosmos DB can hold."""

from typing import Any

from hypothesis import strategies as st

text = st.text(st.characters(codec="utf-8"), max_size=12)
"""Every Unicode text, beyond the basic plane and control characters included, no lone surrogates."""

doubles = st.floats(allow_nan=False, allow_infinity=False)
exact_integers = st.integers(-(2**53 - 1), 2**53 - 1)
scalars = st.none() | st.booleans() | exact_integers | doubles | text


def members(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(text, values, max_size=5)


values: st.SearchStrategy[Any] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=5) | members(inner), max_leaves=20
)
documents = members(values)

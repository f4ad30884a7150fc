"""Values of the query language: JSON and `undefined`, their order and their comparisons."""

from collections.abc import Callable
from typing import Any, Final

type Value = Any
"""A JSON value as Python holds it, or UNDEFINED."""


class Undefined:
    """The value of a property that is not there."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "undefined"

    def __bool__(self) -> bool:
        return False


UNDEFINED: Final = Undefined()

_RANKS: Final[dict[type, int]] = {
    Undefined: 0,
    type(None): 1,
    bool: 2,
    int: 3,
    float: 3,
    str: 4,
    list: 5,
    dict: 6,
}
NUMBER: Final = 3
_COMPARABLE: Final = frozenset({1, 2, 3, 4})


def rank(value: Value) -> int:
    """The place of a value's type in an ordering of mixed types (undefined first)."""
    return _RANKS[type(value)]


def is_number(value: Value) -> bool:
    return rank(value) == NUMBER


def equals(left: Value, right: Value) -> Value:
    """Deep equality; undefined when either side is, false between two types."""
    if left is UNDEFINED or right is UNDEFINED:
        return UNDEFINED
    return _same(left, right)


def _same(left: Value, right: Value) -> bool:
    if rank(left) != rank(right):
        return False
    match left:
        case dict():
            return left.keys() == right.keys() and all(_same(left[k], right[k]) for k in left)
        case list():
            return len(left) == len(right) and all(map(_same, left, right))
        case _:
            return bool(left == right)


def relation(holds: Callable[[Any, Any], bool]) -> Callable[[Value, Value], Value]:
    """An ordering operator: undefined between two types and for arrays and objects."""

    def compare(left: Value, right: Value) -> Value:
        kind = rank(left)
        if kind != rank(right) or kind not in _COMPARABLE:
            return UNDEFINED
        return holds(0, 0) if left is None else holds(left, right)

    return compare


def negate(value: Value) -> Value:
    return not value if isinstance(value, bool) else UNDEFINED


def order_key(value: Value) -> tuple[Any, ...]:
    """The sort key in a total order over all values, as ORDER BY, MIN and MAX see it."""
    kind = rank(value)
    return (kind, value) if kind in _COMPARABLE and value is not None else (kind,)

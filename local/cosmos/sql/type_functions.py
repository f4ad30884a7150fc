"""Type-checking functions."""

from collections.abc import Callable
from typing import Final

from local.cosmos.sql.values import UNDEFINED, Value, is_number


def _of(*kinds: type) -> Callable[..., Value]:
    def call(value: Value) -> Value:
        return type(value) in kinds

    return call


def _is_defined(value: Value) -> Value:
    return value is not UNDEFINED


def _is_integer(value: Value) -> Value:
    return is_number(value) and value == int(value) and abs(value) < 2**63


def _iif(condition: Value, then: Value, otherwise: Value) -> Value:
    return then if condition is True else otherwise


TYPE_FUNCTIONS: Final[dict[str, Callable[..., Value]]] = {
    "IS_DEFINED": _is_defined,
    "IS_NULL": _of(type(None)),
    "IS_BOOL": _of(bool),
    "IS_NUMBER": _of(int, float),
    "IS_STRING": _of(str),
    "IS_ARRAY": _of(list),
    "IS_OBJECT": _of(dict),
    "IS_PRIMITIVE": _of(type(None), bool, int, float, str),
    "IS_INTEGER": _is_integer,
    "IS_FINITE_NUMBER": _of(int, float),
    "IIF": _iif,
}

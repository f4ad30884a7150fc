"""Binary operators that look at both their values."""

import math
from collections.abc import Callable
from typing import Any, Final

from local.cosmos.sql.number_functions import finite
from local.cosmos.sql.values import UNDEFINED, Value, equals, negate, relation

type Operator = Callable[[Value, Value], Value]


def _not_equals(left: Value, right: Value) -> Value:
    return negate(equals(left, right))


def _concatenate(left: Value, right: Value) -> Value:
    both = isinstance(left, str) and isinstance(right, str)
    return left + right if both else UNDEFINED


def _arithmetic(apply: Callable[[Any, Any], Any]) -> Operator:
    return lambda left, right: finite(apply, left, right)


def _bits(apply: Callable[[int, int], int]) -> Operator:
    return lambda left, right: finite(lambda a, b: apply(int(a), int(b)), left, right)


OPERATORS: Final[dict[str, Operator]] = {
    "=": equals,
    "!=": _not_equals,
    "<": relation(lambda left, right: left < right),
    "<=": relation(lambda left, right: left <= right),
    ">": relation(lambda left, right: left > right),
    ">=": relation(lambda left, right: left >= right),
    "||": _concatenate,
    "+": _arithmetic(lambda left, right: left + right),
    "-": _arithmetic(lambda left, right: left - right),
    "*": _arithmetic(lambda left, right: left * right),
    "/": _arithmetic(lambda left, right: left / right),
    "%": _arithmetic(math.fmod),
    "&": _bits(lambda left, right: left & right),
    "|": _bits(lambda left, right: left | right),
    "^": _bits(lambda left, right: left ^ right),
    "<<": _bits(lambda left, right: left << min(right, 63)),
    ">>": _bits(lambda left, right: left >> right),
    ">>>": _bits(lambda left, right: left % 2**64 >> right),
}

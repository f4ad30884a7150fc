"""Mathematical functions."""

import math
from collections.abc import Callable
from typing import Final

from local.cosmos.sql.values import UNDEFINED, Value, is_number


def _one(apply: Callable[[float], float]) -> Callable[..., Value]:
    """A function of one number: undefined for other types and outside its domain."""

    def call(value: Value) -> Value:
        return finite(apply, value)

    return call


def _two(apply: Callable[[float, float], float]) -> Callable[..., Value]:
    def call(left: Value, right: Value) -> Value:
        return finite(apply, left, right)

    return call


def finite(apply: Callable[..., float], *values: Value) -> Value:
    """Apply to numbers; undefined where an argument is no number or the result not finite."""
    if not all(map(is_number, values)):
        return UNDEFINED
    try:
        result = apply(*values)
    except (ArithmeticError, ValueError):
        return UNDEFINED
    if isinstance(result, complex) or not math.isfinite(result):
        return UNDEFINED
    return result


def _round(value: float, digits: float = 0) -> float:
    scale = 10.0 ** int(digits)
    return math.copysign(math.floor(abs(value) * scale + 0.5), value) / scale


def _rounded(value: Value, digits: Value = 0) -> Value:
    return integral(finite(_round, value, digits))


def integral(value: Value) -> Value:
    """A whole number as int, so that it is written without a fraction."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _sign(value: float) -> float:
    return (value > 0) - (value < 0)


NUMBER_FUNCTIONS: Final[dict[str, Callable[..., Value]]] = {
    "ABS": _one(abs),
    "FLOOR": _one(math.floor),
    "CEILING": _one(math.ceil),
    "ROUND": _rounded,
    "TRUNC": _one(math.trunc),
    "SIGN": _one(_sign),
    "SQRT": _one(math.sqrt),
    "SQUARE": _one(lambda value: value * value),
    "POWER": _two(pow),
    "EXP": _one(math.exp),
    "LOG": _one(math.log),
    "LOG10": _one(math.log10),
    "SIN": _one(math.sin),
    "COS": _one(math.cos),
    "TAN": _one(math.tan),
    "ASIN": _one(math.asin),
    "ACOS": _one(math.acos),
    "ATAN": _one(math.atan),
    "ATN2": _two(math.atan2),
    "DEGREES": _one(math.degrees),
    "RADIANS": _one(math.radians),
    "PI": lambda: math.pi,
    "INTADD": _two(lambda left, right: left + right),
    "INTSUB": _two(lambda left, right: left - right),
    "INTMUL": _two(lambda left, right: left * right),
    "INTDIV": _two(lambda left, right: int(left / right)),
    "INTMOD": _two(lambda left, right: int(math.fmod(left, right))),
}

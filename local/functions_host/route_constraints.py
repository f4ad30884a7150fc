"""Inline route constraints of ASP.NET: `int`, `guid`, `min(1)`, `regex(…)` and their kin."""

import math
import re
import uuid
from collections.abc import Callable

type Constraint = Callable[[str], bool]

_INTEGER = re.compile(r"[\t-\r ]*([+-]?[0-9]+)[\t-\r ]*")
_DECIMAL = re.compile(r"\s*[+-]?[0-9,]*\.?[0-9]*\s*")


def parse_constraint(text: str) -> Constraint:
    """The test for a constraint such as `int` or `range(1,9)`. Raises ValueError when unknown."""
    name, _, rest = text.partition("(")
    arguments = rest.removesuffix(")")
    if not rest and name.lower() in _PLAIN:
        return _PLAIN[name.lower()]
    if rest and name.lower() in _WITH_ARGUMENTS:
        return _WITH_ARGUMENTS[name.lower()](arguments)
    raise ValueError(f"no constraint {text!r}; there are {', '.join((*_PLAIN, *_WITH_ARGUMENTS))}")


def _whole_number(bits: int) -> Constraint:
    def test(value: str) -> bool:
        found = _INTEGER.fullmatch(value)
        return found is not None and -(1 << (bits - 1)) <= int(found[1]) < 1 << (bits - 1)

    return test


def _is_float(value: str) -> bool:
    try:
        float(value.replace(",", ""))
    except ValueError:
        return False
    return "_" not in value


def _is_decimal(value: str) -> bool:
    return _DECIMAL.fullmatch(value) is not None and any(letter.isdigit() for letter in value)


def _is_guid(value: str) -> bool:
    text = value.strip()
    if text[:1] + text[-1:] in ("{}", "()"):
        text = text[1:-1]
    if not re.fullmatch(
        r"[0-9A-Fa-f]{32}|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", text
    ):
        return False
    return bool(uuid.UUID(text).hex)


def _between(low: float, high: float) -> Constraint:
    is_long = _whole_number(64)
    return lambda value: is_long(value) and low <= int(value) <= high


def _length(arguments: str) -> Constraint:
    low, _, high = arguments.partition(",")
    return lambda value: int(low) <= len(value) <= int(high or low)


def _range(arguments: str) -> Constraint:
    low, _, high = arguments.partition(",")
    return _between(int(low), int(high))


def _regex(arguments: str) -> Constraint:
    pattern = re.compile(arguments, re.IGNORECASE)
    return lambda value: pattern.search(value) is not None


_PLAIN: dict[str, Constraint] = {
    "int": _whole_number(32),
    "long": _whole_number(64),
    "bool": lambda value: value.strip().lower() in ("true", "false"),
    "decimal": _is_decimal,
    "double": _is_float,
    "float": _is_float,
    "guid": _is_guid,
    "alpha": lambda value: re.fullmatch("[A-Za-z]*", value) is not None,
    "required": lambda value: bool(value),
}

_WITH_ARGUMENTS: dict[str, Callable[[str], Constraint]] = {
    "min": lambda arguments: _between(int(arguments), math.inf),
    "max": lambda arguments: _between(-math.inf, int(arguments)),
    "range": _range,
    "minlength": lambda arguments: lambda value: len(value) >= int(arguments),
    "maxlength": lambda arguments: lambda value: len(value) <= int(arguments),
    "length": _length,
    "regex": _regex,
}

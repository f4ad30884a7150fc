"""Canonical JSON as RFC 8785 defines it: one value, one text, on every machine."""

import math
from collections.abc import Iterable
from decimal import Decimal
from types import NoneType
from typing import Any, Final

import msgspec

LEAVES: Final = frozenset((str, bool, NoneType))
"""What is written the same everywhere."""


def canonical_json(value: Any) -> bytes:
    """The canonical form of a JSON value: dict, list or tuple, str, int, float, bool, None.

    Numbers are doubles, as JSON numbers in Cosmos DB are. Raises ValueError for NaN and the infinities,
    OverflowError for an integer beyond every double, TypeError for what JSON does not know.
    """
    if _is_plain(value):
        return msgspec.json.encode(value, order="sorted")
    return msgspec.json.encode(_canonical(value))


def _is_plain(value: Any) -> bool:
    """Whether msgspec, sorting names, writes a value as the RFC does: most of them, and much faster.

    It sorts by code points and has forms of its own for whole, very large and very small doubles.
    """
    kind = type(value)
    if kind is dict:
        return "".join(value).isascii() and _are_plain(value.values())
    if kind is list or kind is tuple:
        return _are_plain(value)
    if kind is int:
        return bool(abs(value) <= 2**53)
    if kind is float:
        return bool(not value.is_integer() and 1e-3 < abs(value) < 1e15)
    return kind in LEAVES


def _are_plain(values: Iterable[Any]) -> bool:
    return all(map(_is_plain, [value for value in values if type(value) not in LEAVES]))


def _canonical(value: Any) -> Any:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is dict:
        return {key: _canonical(value[key]) for key in _ordered(value)}
    if kind is list or kind is tuple:
        return [_canonical(item) for item in value]
    if kind is int:
        return value if abs(value) <= 2**53 else _number(float(value))
    if kind is float:
        return int(value) if value.is_integer() and abs(value) <= 2**53 else _number(value)
    raise TypeError(f"{kind.__name__} is no JSON value")


def _ordered(members: dict[str, Any]) -> list[str]:
    """Names in the order of their UTF-16 code units (RFC 8785, section 3.2.3)."""
    if all(map(str.isascii, members)):
        return sorted(members)
    return sorted(members, key=lambda name: name.encode("utf-16-be"))


def _number(value: float) -> msgspec.Raw:
    """A double as ECMAScript's Number.prototype.toString writes it (ECMA-262, 6.1.6.1.20)."""
    if not math.isfinite(value):
        raise ValueError(f"{value} is no JSON number")
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    assert isinstance(exponent, int)
    text = "".join(map(str, digits))
    point = len(text) + exponent
    if 0 < point <= 21:
        text = text.ljust(point, "0")
        written = text[:point] + (f".{text[point:]}" if text[point:] else "")
    elif -6 < point <= 0:
        written = f"0.{'0' * -point}{text}"
    else:
        mantissa = text[0] + (f".{text[1:]}" if text[1:] else "")
        written = f"{mantissa}e{point - 1:+d}"
    return msgspec.Raw((("-" if sign else "") + written).encode())

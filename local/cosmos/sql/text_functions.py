"""String functions."""

import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from local.cosmos.sql.values import UNDEFINED, Value, is_number


def _of_texts(apply: Callable[..., Value]) -> Callable[..., Value]:
    """A function whose arguments must all be strings, else it is undefined."""

    def call(*values: Value) -> Value:
        return apply(*values) if all(isinstance(v, str) for v in values) else UNDEFINED

    return call


def _matching(holds: Callable[[str, str], bool]) -> Callable[..., Value]:
    """A test of two strings with a third, optional argument that ignores case."""

    def call(text: Value, other: Value, ignore_case: Value = False) -> Value:
        if not isinstance(text, str) or not isinstance(other, str):
            return UNDEFINED
        if ignore_case is True:
            return holds(text.casefold(), other.casefold())
        return holds(text, other)

    return call


def _one(apply: Callable[[str], Value]) -> Callable[..., Value]:
    def call(text: Value) -> Value:
        return apply(text) if isinstance(text, str) else UNDEFINED

    return call


def _substring(text: Value, start: Value, length: Value) -> Value:
    if not isinstance(text, str) or not is_number(start) or not is_number(length):
        return UNDEFINED
    begin = max(int(start), 0)
    return text[begin : begin + max(int(length), 0)]


def _left(text: Value, length: Value) -> Value:
    return _substring(text, 0, length)


def _right(text: Value, length: Value) -> Value:
    if not isinstance(text, str) or not is_number(length):
        return UNDEFINED
    return text[max(len(text) - int(length), 0) :] if length > 0 else ""


def _index_of(text: Value, part: Value, start: Value = 0) -> Value:
    if not isinstance(text, str) or not isinstance(part, str) or not is_number(start):
        return UNDEFINED
    return text.find(part, max(int(start), 0))


def _replicate(text: Value, times: Value) -> Value:
    if not isinstance(text, str) or not is_number(times):
        return UNDEFINED
    return text * min(max(int(times), 0), 10_000)


@lru_cache(maxsize=256)
def _pattern(pattern: str, modifiers: str) -> re.Pattern[str] | None:
    flags = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL, "x": re.VERBOSE}
    if not set(modifiers) <= flags.keys():
        return None
    try:
        return re.compile(pattern, sum(flags[m] for m in set(modifiers)))
    except re.error:
        return None


def _regex_match(text: Value, pattern: Value, modifiers: Value = "") -> Value:
    if not all(isinstance(value, str) for value in (text, pattern, modifiers)):
        return UNDEFINED
    compiled = _pattern(pattern, modifiers)
    return UNDEFINED if compiled is None else compiled.search(text) is not None


def _to_string(value: Value) -> Value:
    if value is UNDEFINED or isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _parsed(*kinds: type) -> Callable[..., Value]:
    """A StringTo… function: the JSON value in a string, if it is of these types."""

    def call(text: Value) -> Value:
        try:
            value: Any = json.loads(text) if isinstance(text, str) else UNDEFINED
        except ValueError:
            return UNDEFINED
        return value if type(value) in kinds else UNDEFINED

    return call


def _concat(first: Value, second: Value, *rest: Value) -> Value:
    return _of_texts(lambda *texts: "".join(texts))(first, second, *rest)


def _replace(text: Value, old: Value, new: Value) -> Value:
    return _of_texts(str.replace)(text, old, new)


TEXT_FUNCTIONS: Final[dict[str, Callable[..., Value]]] = {
    "STARTSWITH": _matching(str.startswith),
    "ENDSWITH": _matching(str.endswith),
    "CONTAINS": _matching(str.__contains__),
    "STRINGEQUALS": _matching(str.__eq__),
    "LOWER": _one(str.lower),
    "UPPER": _one(str.upper),
    "LENGTH": _one(len),
    "TRIM": _one(str.strip),
    "LTRIM": _one(str.lstrip),
    "RTRIM": _one(str.rstrip),
    "REVERSE": _one(lambda text: text[::-1]),
    "CONCAT": _concat,
    "INDEX_OF": _index_of,
    "REPLACE": _replace,
    "REPLICATE": _replicate,
    "SUBSTRING": _substring,
    "LEFT": _left,
    "RIGHT": _right,
    "REGEXMATCH": _regex_match,
    "TOSTRING": _to_string,
    "STRINGTONUMBER": _parsed(int, float),
    "STRINGTOBOOLEAN": _parsed(bool),
    "STRINGTONULL": _parsed(type(None)),
    "STRINGTOARRAY": _parsed(list),
    "STRINGTOOBJECT": _parsed(dict),
}

"""Array and object functions."""

from collections.abc import Callable
from typing import Final

from local.cosmos.sql.values import UNDEFINED, Value, equals, is_number


def _contains(array: Value, wanted: Value, partial: Value = False) -> Value:
    if not isinstance(array, list):
        return UNDEFINED
    if partial is True and isinstance(wanted, dict):
        return any(_covers(item, wanted) for item in array)
    return any(equals(item, wanted) is True for item in array)


def _covers(item: Value, wanted: dict[str, Value]) -> bool:
    return isinstance(item, dict) and all(
        equals(item.get(key, UNDEFINED), value) is True for key, value in wanted.items()
    )


def _contains_any(array: Value, *wanted: Value) -> Value:
    return any(_contains(array, value) is True for value in wanted)


def _contains_all(array: Value, *wanted: Value) -> Value:
    return all(_contains(array, value) is True for value in wanted)


def _concat(first: Value, second: Value, *rest: Value) -> Value:
    arrays = (first, second, *rest)
    if not all(isinstance(array, list) for array in arrays):
        return UNDEFINED
    return [item for array in arrays for item in array]


def _slice(array: Value, start: Value, length: Value = None) -> Value:
    if not isinstance(array, list) or not is_number(start):
        return UNDEFINED
    tail = array[int(start) :]
    return tail[: max(int(length), 0)] if is_number(length) else tail


def _length(array: Value) -> Value:
    return len(array) if isinstance(array, list) else UNDEFINED


def _distinct(values: list[Value]) -> list[Value]:
    kept: list[Value] = []
    for value in values:
        if not _contains(kept, value):
            kept.append(value)
    return kept


def _set_union(left: Value, right: Value) -> Value:
    if not isinstance(left, list) or not isinstance(right, list):
        return UNDEFINED
    return _distinct([*left, *right])


def _set_intersect(left: Value, right: Value) -> Value:
    if not isinstance(left, list) or not isinstance(right, list):
        return UNDEFINED
    return _distinct([value for value in left if _contains(right, value)])


def _object_to_array(value: Value) -> Value:
    if not isinstance(value, dict):
        return UNDEFINED
    return [{"k": key, "v": item} for key, item in value.items()]


ARRAY_FUNCTIONS: Final[dict[str, Callable[..., Value]]] = {
    "ARRAY_CONTAINS": _contains,
    "ARRAY_CONTAINS_ANY": _contains_any,
    "ARRAY_CONTAINS_ALL": _contains_all,
    "ARRAY_CONCAT": _concat,
    "ARRAY_SLICE": _slice,
    "ARRAY_LENGTH": _length,
    "SETUNION": _set_union,
    "SETINTERSECT": _set_intersect,
    "OBJECTTOARRAY": _object_to_array,
}

"""Partial document update: operations on paths ("Partial document update in Azure Cosmos DB")."""

import copy
from typing import Any, Final

from local.cosmos.errors import ServiceError, bad_request, precondition_failed
from local.cosmos.sql import SqlError, evaluator

MAX_OPERATIONS: Final = 10
_PROTECTED: Final = frozenset({"id", "_rid", "_self", "_etag", "_ts", "_attachments"})


def patch(document: dict[str, Any], request: Any) -> dict[str, Any]:
    """The document after `{"operations": […], "condition"?: "from c where …"}`.

    Raises 400 for what can't be applied, 412 when the condition does not hold.
    """
    operations = request.get("operations") if isinstance(request, dict) else request
    if not isinstance(operations, list) or not 1 <= len(operations) <= MAX_OPERATIONS:
        raise bad_request(f"A patch takes 1 to {MAX_OPERATIONS} operations.")
    if isinstance(request, dict) and (condition := request.get("condition")):
        _check_condition(document, condition)
    patched = copy.deepcopy(document)
    for operation in operations:
        if not isinstance(operation, dict):
            raise bad_request("A patch operation must be an object.")
        _apply(patched, operation)
    return patched


def _check_condition(document: dict[str, Any], condition: str) -> None:
    try:
        query = evaluator(f"SELECT * {condition}")
    except SqlError as error:
        raise bad_request(f"The patch condition is invalid: {error}") from error
    if not any(True for _ in query.matches([(None, document)], {})):
        raise precondition_failed()


def _apply(document: dict[str, Any], operation: dict[str, Any]) -> None:
    kind = str(operation.get("op", "")).lower()
    target, key = _locate(document, operation.get("path"))
    match kind:
        case "remove":
            _remove(target, key)
        case "move":
            _move(document, operation.get("from"), target, key)
        case "add" | "set" | "replace" | "incr" if "value" not in operation:
            raise bad_request(f"The patch operation '{kind}' needs a value.")
        case "incr":
            _increment(target, key, operation["value"])
        case "add" | "set" | "replace":
            _write(kind, target, key, operation["value"])
        case _:
            raise bad_request(f"The patch operation '{operation.get('op')}' is not known.")


def _locate(document: dict[str, Any], path: Any) -> tuple[Any, str]:
    """The object or array that holds the last step of a path, and that step."""
    if not isinstance(path, str) or not path.startswith("/") or len(path) < 2:
        raise bad_request(f"The patch path '{path}' must be like '/a/b'.")
    first, *rest = [step.replace("~1", "/").replace("~0", "~") for step in path[1:].split("/")]
    if first in _PROTECTED:
        raise bad_request(f"The patch path '{path}' is a system property and can't be changed.")
    steps = [first, *rest]
    target: Any = document
    for step in steps[:-1]:
        target = _child(target, step, path)
    if not isinstance(target, dict | list):
        raise _no_such_path(path)
    return target, steps[-1]


def _child(target: Any, step: str, path: str) -> Any:
    match target:
        case dict() if step in target:
            return target[step]
        case list() if step.isdigit() and int(step) < len(target):
            return target[int(step)]
        case _:
            raise _no_such_path(path)


def _no_such_path(path: str) -> ServiceError:
    return bad_request(f"For Patch, no path found beyond: '{path}'.")


def _index(array: list[Any], key: str, *, end: int) -> int:
    if not key.isdigit() or int(key) >= end:
        raise bad_request(f"Array index '{key}' is out of range, the array has {len(array)} items.")
    return int(key)


def _remove(target: Any, key: str) -> Any:
    if isinstance(target, list):
        return target.pop(_index(target, key, end=len(target)))
    if key not in target:
        raise _no_such_path(key)
    return target.pop(key)


def _move(document: dict[str, Any], source: Any, target: Any, key: str) -> None:
    holder, name = _locate(document, source)
    _write("add", target, key, _remove(holder, name))


def _increment(target: Any, key: str, amount: Any) -> None:
    current = _current(target, key)
    if type(amount) not in (int, float) or type(current) not in (int, float, type(None)):
        raise bad_request(f"The patch operation 'incr' at '{key}' takes numbers only.")
    _write("set", target, key, (current or 0) + amount)


def _current(target: Any, key: str) -> Any:
    if isinstance(target, list):
        return target[_index(target, key, end=len(target))]
    return target.get(key, 0)


def _write(kind: str, target: Any, key: str, value: Any) -> None:
    if isinstance(target, dict):
        if kind == "replace" and key not in target:
            raise _no_such_path(key)
        target[key] = value
    elif key == "-" and kind != "replace":
        target.append(value)
    elif kind == "add":
        target.insert(_index(target, key, end=len(target) + 1), value)
    else:
        target[_index(target, key, end=len(target))] = value

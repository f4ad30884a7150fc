"""Partial document update."""

from typing import Any

import pytest

from local.cosmos.errors import ServiceError
from local.cosmos.patching import patch

DOCUMENT: dict[str, Any] = {"id": "1", "n": 1, "o": {"k": "v"}, "list": [1, 2], "a/b": {"~": 1}}


def patched(op: str, path: str, **rest: Any) -> dict[str, Any]:
    after = patch(DOCUMENT, {"operations": [{"op": op, "path": path, **rest}]})
    return {name: value for name, value in after.items() if value != DOCUMENT.get(name)}


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (("add", "/x", 1), {"x": 1}),
        (("add", "/o/x", [1]), {"o": {"k": "v", "x": [1]}}),
        (("add", "/list/1", 9), {"list": [1, 9, 2]}),
        (("add", "/list/2", 9), {"list": [1, 2, 9]}),
        (("add", "/list/-", 9), {"list": [1, 2, 9]}),
        (("set", "/n", None), {"n": None}),
        (("set", "/list/0", 9), {"list": [9, 2]}),
        (("set", "/a~1b/~0", 2), {"a/b": {"~": 2}}),
        (("replace", "/n", "x"), {"n": "x"}),
        (("incr", "/n", 1.5), {"n": 2.5}),
        (("incr", "/new", 3), {"new": 3}),
        (("incr", "/list/0", -1), {"list": [0, 2]}),
    ],
)
def test_an_operation_changes_its_path(
    operation: tuple[Any, ...], expected: dict[str, Any]
) -> None:
    op, path, value = operation
    assert patched(op, path, value=value) == expected


def test_remove_takes_a_property_or_an_item_away() -> None:
    assert patched("remove", "/list/0") == {"list": [2]}
    after = patch(DOCUMENT, {"operations": [{"op": "remove", "path": "/n"}]})
    assert "n" not in after


def test_move_carries_a_value_over() -> None:
    after = patch(DOCUMENT, {"operations": [{"op": "move", "from": "/o/k", "path": "/moved"}]})
    assert after["moved"] == "v"
    assert after["o"] == {}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "add", "path": "/missing/x", "value": 1},
        {"op": "add", "path": "/list/3", "value": 1},
        {"op": "add", "path": "/list/x", "value": 1},
        {"op": "add", "path": "/n/x", "value": 1},
        {"op": "add", "path": "/x"},
        {"op": "replace", "path": "/missing", "value": 1},
        {"op": "replace", "path": "/list/2", "value": 1},
        {"op": "remove", "path": "/missing"},
        {"op": "remove", "path": "/list/2"},
        {"op": "incr", "path": "/o", "value": 1},
        {"op": "incr", "path": "/n", "value": "1"},
        {"op": "move", "from": "/missing", "path": "/x"},
        {"op": "set", "path": "/id", "value": "2"},
        {"op": "set", "path": "/_etag", "value": "2"},
        {"op": "set", "path": "x", "value": 1},
        {"op": "copy", "path": "/x", "value": 1},
        {"path": "/x", "value": 1},
        "no operation",
    ],
)
def test_what_can_not_be_applied_is_a_bad_request(operation: Any) -> None:
    with pytest.raises(ServiceError) as refused:
        patch(DOCUMENT, {"operations": [operation]})
    assert refused.value.status == 400


def test_a_failing_operation_leaves_the_document_alone() -> None:
    before = dict(DOCUMENT)
    with pytest.raises(ServiceError):
        patch(
            DOCUMENT,
            {
                "operations": [
                    {"op": "set", "path": "/o/k", "value": "changed"},
                    {"op": "remove", "path": "/missing"},
                ]
            },
        )
    assert before == DOCUMENT
    assert DOCUMENT["o"] == {"k": "v"}


@pytest.mark.parametrize("count", [0, 11])
def test_a_patch_takes_one_to_ten_operations(count: int) -> None:
    with pytest.raises(ServiceError) as refused:
        patch(DOCUMENT, {"operations": [{"op": "incr", "path": "/n", "value": 1}] * count})
    assert refused.value.status == 400


def test_the_condition_decides() -> None:
    increment = [{"op": "incr", "path": "/n", "value": 1}]
    assert patch(DOCUMENT, {"operations": increment, "condition": "from c where c.n = 1"})["n"] == 2
    with pytest.raises(ServiceError) as refused:
        patch(DOCUMENT, {"operations": increment, "condition": "from c where c.n = 2"})
    assert refused.value.status == 412
    with pytest.raises(ServiceError) as malformed:
        patch(DOCUMENT, {"operations": increment, "condition": "where where"})
    assert malformed.value.status == 400

"""Indexing policies: which values are indexed, which orders are served."""

from typing import Any

import pytest

from local.cosmos.indexing import DEFAULT_POLICY, parse_indexing_policy


def policy(included: list[str], excluded: list[str], *composite: list[tuple[str, str]]) -> Any:
    return parse_indexing_policy(
        {
            "includedPaths": [{"path": path} for path in included],
            "excludedPaths": [{"path": path} for path in excluded],
            "compositeIndexes": [
                [{"path": path, "order": order} for path, order in index] for index in composite
            ],
        }
    )


@pytest.mark.parametrize(
    ("included", "excluded", "path", "indexed"),
    [
        (["/*"], [], "a", True),
        (["/*"], ["/a/?"], "a", False),
        (["/*"], ["/a/?"], "a.b", True),
        (["/*"], ["/a/*"], "a.b", False),
        (["/a/b/?"], ["/*"], "a.b", True),
        (["/a/b/?"], ["/*"], "a", False),
        (["/a/b/?"], ["/*"], "a.b.c", False),
        (["/a/*"], ["/a/b/*"], "a.c", True),
        (["/a/*"], ["/a/b/*"], "a.b.c", False),
        (["/a/b/c/?"], ["/a/*"], "a.b.c", True),
        (["/a/?"], ["/a/*"], "a", True),
        ([], ["/*"], "id", True),
        ([], ["/*"], "_ts", True),
        ([], ["/*"], "a", False),
    ],
)
def test_the_more_precise_path_decides(
    included: list[str], excluded: list[str], path: str, indexed: bool
) -> None:
    assert policy(included, excluded).indexes(tuple(path.split("."))) is indexed


def test_by_default_everything_is_indexed_but_the_etag() -> None:
    default = parse_indexing_policy(DEFAULT_POLICY)
    assert default.indexes(("anything",))
    assert not default.indexes(("_etag",))
    assert default.explicit == ()


@pytest.mark.parametrize(
    ("order", "served"),
    [
        ([("a", False), ("b", True)], True),
        ([("a", True), ("b", False)], True),
        ([("a", False), ("b", False)], False),
        ([("b", True), ("a", False)], False),
        ([("a", False), ("b", True), ("c", False)], False),
    ],
)
def test_a_composite_index_serves_its_order_and_the_reverse(
    order: list[tuple[str, bool]], served: bool
) -> None:
    index = [("/a", "ascending"), ("/b", "descending")]
    wanted = tuple(((path,), descending) for path, descending in order)
    assert policy(["/*"], [], index).serves(wanted) is served

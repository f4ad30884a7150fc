"""Query requests: scopes, the rules of the service, pages."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.local.cosmos.account import DOCUMENTS, Account, key

FLAG = {"x_ms_documentdb_query_enablecrosspartition": "True"}


def fill(account: Account, count: int = 6) -> None:
    for number in range(count):
        account.create({"id": f"{number:03}", "pk": "ab"[number % 2], "n": number, "g": number % 3})


def values(reply: Any) -> list[Any]:
    assert reply.status == 200, reply.json
    return list(reply.json["Documents"])


def pages(account: Account, text: str, size: int, *scope: Any) -> list[list[Any]]:
    """Every page of a query, by its continuations."""
    found: list[list[Any]] = []
    continuation: dict[str, str] = {}
    while True:
        reply = account.query(text, *scope, x_ms_max_item_count=str(size), **continuation)
        found.append(values(reply))
        assert reply.headers["x-ms-item-count"] == str(len(found[-1]))
        if "x-ms-continuation" not in reply.headers:
            return found
        continuation = {"x_ms_continuation": reply.headers["x-ms-continuation"]}


def test_a_query_over_partitions_needs_the_flag(account: Account) -> None:
    fill(account)
    refused = account.query("SELECT VALUE c.n FROM c")
    assert refused.status == 400
    assert "Cross partition query is required but disabled" in refused.json["message"]
    assert len(values(account.query("SELECT VALUE c.n FROM c", **FLAG))) == 6


def test_a_filter_on_the_partition_key_is_as_good_as_the_header(account: Account) -> None:
    fill(account)
    text = "SELECT VALUE c.n FROM c WHERE c.pk = 'a' AND c.n > 0 ORDER BY c.n"
    assert values(account.query(text)) == [2, 4]
    assert account.query("SELECT VALUE c.n FROM c WHERE c.pk = 'a' OR c.n > 0").status == 400


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM c ORDER BY c.n",
        "SELECT VALUE COUNT(1) FROM c",
        "SELECT DISTINCT VALUE c.g FROM c",
        "SELECT c.g FROM c GROUP BY c.g",
        "SELECT TOP 1 * FROM c",
        "SELECT * FROM c OFFSET 1 LIMIT 1",
    ],
)
def test_what_the_gateway_can_not_serve_over_partitions_needs_a_plan(
    account: Account, text: str
) -> None:
    fill(account)
    refused = account.query(text, **FLAG)
    assert (refused.status, refused.substatus) == (400, 1004)
    by_range = account.query(text, x_ms_documentdb_partitionkeyrangeid="0", **FLAG)
    assert by_range.status == 200


def test_the_plan_covers_the_one_range(account: Account) -> None:
    plan = {"x_ms_cosmos_is_query_plan_request": "True"}
    reply = account.query("SELECT VALUE COUNT(1) FROM c", **plan)
    assert [r["max"] for r in reply.json["queryRanges"]] == ["FF"]
    assert account.query("SELECT VALUE COUNT(1", **plan).status == 400


def test_a_plan_is_refused_to_a_client_that_can_not_follow_it(account: Account) -> None:
    able = {
        "x_ms_cosmos_is_query_plan_request": "True",
        "x_ms_cosmos_supported_query_features": "Aggregate, OrderBy, Top",
    }
    assert account.query("SELECT VALUE COUNT(1) FROM c", **able).status == 200
    assert account.query("SELECT c.g FROM c GROUP BY c.g", **able).status == 400
    assert account.query("SELECT COUNT(1) AS n FROM c", **able).status == 400


def test_a_range_that_is_not_there_is_gone(account: Account) -> None:
    refused = account.query("SELECT * FROM c", x_ms_documentdb_partitionkeyrangeid="1")
    assert (refused.status, refused.substatus) == (410, 1002)


def test_a_syntax_error_says_where(account: Account) -> None:
    refused = account.query("SELECT * FROM c WHERE c.n ==", "a")
    assert refused.status == 400
    assert "SC1001" in refused.json["message"]


@pytest.mark.parametrize("body", [{}, {"query": 1}, {"query": "SELECT 1", "parameters": [1]}, []])
def test_what_is_no_query_request_is_refused(account: Account, body: Any) -> None:
    headers = {"x-ms-documentdb-isquery": "true"} | key("a")
    assert account.send("POST", DOCUMENTS, body, headers).status == 400


@pytest.mark.parametrize("continuation", ["garbage", '{"after": 5}', "[]"])
def test_a_foreign_continuation_is_refused(account: Account, continuation: str) -> None:
    assert account.query("SELECT * FROM c", "a", x_ms_continuation=continuation).status == 400


def test_a_join_is_paged_inside_a_document(account: Account) -> None:
    account.create({"id": "1", "pk": "a", "tags": ["x", "y", "z"]})
    account.create({"id": "2", "pk": "a", "tags": ["v"]})
    found = pages(account, "SELECT VALUE t FROM c JOIN t IN c.tags", 2, "a")
    assert found == [["x", "y"], ["z", "v"]]


def test_a_page_ends_at_four_megabytes(account: Account) -> None:
    for number in range(5):
        account.create({"id": str(number), "pk": "a", "text": "x" * 1_500_000})
    assert [len(page) for page in pages(account, "SELECT * FROM c", -1, "a")] == [2, 2, 1]


def test_a_document_that_changes_between_pages_is_neither_lost_nor_repeated(
    account: Account,
) -> None:
    fill(account)
    for text in ("SELECT VALUE c.n FROM c", "SELECT VALUE c.n FROM c ORDER BY c.n"):
        first = account.query(text, "a", x_ms_max_item_count="1")
        account.upsert({"id": "000", "pk": "a", "n": 0, "touched": True})
        rest = account.query(text, "a", x_ms_continuation=first.headers["x-ms-continuation"])
        assert values(first) + values(rest) == [0, 2, 4]


def test_a_document_without_the_sort_key_needs_a_path_that_the_policy_names(
    empty_account: Account,
) -> None:
    account = empty_account
    account.container()
    account.container(id="named", indexingPolicy={"includedPaths": [{"path": "/n/?"}]})
    for name, expected in (("c", [1]), ("named", [{}, 1])):
        path = f"/dbs/d/colls/{name}/docs"
        account.send("POST", path, {"id": "1", "pk": "a", "n": 1})
        account.send("POST", path, {"id": "2", "pk": "a"})
        text = "SELECT VALUE c.n ?? {} FROM c ORDER BY c.n"
        headers = {"x-ms-documentdb-isquery": "true"} | key("a")
        assert values(account.send("POST", path, {"query": text}, headers)) == expected


def test_a_query_is_charged_for_what_it_reads(account: Account) -> None:
    fill(account)
    assert account.query("SELECT * FROM c WHERE c.n > 99", "a").charge == pytest.approx(2.3)
    assert account.query("SELECT * FROM c", "a").charge == pytest.approx(5.3)
    assert account.query("SELECT VALUE COUNT(1) FROM c", "a").charge == pytest.approx(5.3)


INDEXED = {
    "includedPaths": [{"path": "/n/?"}, {"path": "/m/c/?"}],
    "excludedPaths": [{"path": "/*"}],
}
CONSTANTS = st.sampled_from(["0", "1", "1.5", "'a'", "'b'", "true", "null"])
PATHS = st.sampled_from(["c.n", "c.m.c", "c.id", "c.free"])
COMPARISONS = st.one_of(
    st.builds(
        "{} {} {}".format, PATHS, st.sampled_from(["=", "<", "<=", ">", ">=", "!="]), CONSTANTS
    ),
    st.builds("{} {} {}".format, CONSTANTS, st.sampled_from(["=", "<", ">="]), PATHS),
    st.builds("{} IN ({}, {})".format, PATHS, CONSTANTS, CONSTANTS),
)
FILTERS = st.recursive(
    COMPARISONS,
    lambda inner: st.one_of(
        st.builds("({} AND {})".format, inner, inner),
        st.builds("({} OR {})".format, inner, inner),
        st.builds("NOT ({})".format, inner),
    ),
    max_leaves=4,
)
VALUES: list[Any] = [0, 1, 1.5, "a", "b", True, False, None, [1], {"c": "a"}]


@given(st.lists(FILTERS, min_size=1, max_size=5))
@settings(max_examples=60)
def test_an_index_changes_no_result(filters: list[str]) -> None:
    account = _two_containers()
    try:
        for text in filters:
            query = {"query": f"SELECT VALUE c.id FROM c WHERE {text}"}
            headers = {"x-ms-documentdb-isquery": "true"} | key("a")
            indexed, plain = (
                values(account.send("POST", f"/dbs/d/colls/{name}/docs", query, headers))
                for name in ("indexed", "c")
            )
            assert indexed == plain
    finally:
        account.cosmos.close()


def _two_containers() -> Account:
    account = Account()
    account.container()
    account.container(id="indexed", indexingPolicy=INDEXED)
    for name in ("c", "indexed"):
        operations = [
            {"operationType": "Create", "resourceBody": {"id": f"{i}", "pk": "a", **document}}
            for i, document in enumerate(
                [{}, *({"n": v, "m": {"c": v}, "free": v} for v in VALUES), {"n": 1, "m": 2}]
            )
        ]
        headers = {"x-ms-cosmos-is-batch-request": "True", **key("a")}
        account.send("POST", f"/dbs/d/colls/{name}/docs", operations, headers)
    return account

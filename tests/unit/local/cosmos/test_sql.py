"""The query language, by tables of queries and what they give."""

from typing import Any

import pytest

from local.cosmos.sql import SqlError, evaluator

DOCUMENTS: list[dict[str, Any]] = [
    {"id": "1", "n": 1, "s": "Abc", "b": True, "tags": ["x", "y"], "o": {"k": 1, "order": "a"}},
    {"id": "2", "n": 2.5, "s": "abd", "b": False, "tags": [], "o": {"k": 2}},
    {"id": "3", "n": None, "tags": ["y"], "items": [{"p": 2, "q": 3}, {"p": 5, "q": 1}]},
    {"id": "4", "n": "text"},
    {"id": "5"},
]


def run(text: str, **parameters: Any) -> list[Any]:
    query = evaluator(text)
    values = {f"@{name}": value for name, value in parameters.items()}
    rows = query.matches(((None, document) for document in DOCUMENTS), values)
    return list(query.finish(rows, values))


def ids(where: str, **parameters: Any) -> str:
    return "".join(run(f"SELECT VALUE c.id FROM c WHERE {where}", **parameters))


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("c.n = 1", "1"),
        ("c.n != 1", "234"),
        ("c.n <> 1", "234"),
        ("c.n > 1", "2"),
        ("c.n >= 1 AND c.n <= 2.5", "12"),
        ("c.n < 'u'", "4"),
        ("c.n = null", "3"),
        ("c.n = undefined", ""),
        ("NOT c.n = 1", "234"),
        ("NOT (c.n > 1)", "1"),
        ("c.n BETWEEN 1 AND 2", "1"),
        ("c.n NOT BETWEEN 1 AND 2", "2"),
        ("c.n IN (1, 'text', null)", "134"),
        ("c.n NOT IN (1, 'text')", "23"),
        ("c.b", "1"),
        ("c.b OR c.n = 'text'", "14"),
        ("c.n = 1 AND c.b", "1"),
        ("c.b = false AND c.n", ""),
        ("c.s LIKE 'ab%'", "2"),
        ("c.s LIKE '_b_'", "12"),
        ("c.s LIKE '%[cx]'", "1"),
        ("c.s NOT LIKE 'A%'", "2"),
        ("c.id LIKE '!%' ESCAPE '!'", ""),
        ("c.o = {'k': 2}", "2"),
        ("c.tags = ['x', 'y']", "1"),
        ("c.o.k = 1", "1"),
        ("c['o']['k'] = 1", "1"),
        ("c.o.order = 'a'", "1"),
        ("c.tags[0] = 'x'", "1"),
        ("c.tags[7] = 'x'", ""),
        ("ARRAY_CONTAINS(c.tags, 'y')", "13"),
        ("ARRAY_CONTAINS(c.items, {'p': 2}, true)", "3"),
        ("ARRAY_CONTAINS(c.items, {'p': 2})", ""),
        ("ARRAY_LENGTH(c.tags) = 0", "2"),
        ("EXISTS(SELECT VALUE t FROM t IN c.tags WHERE t = 'x')", "1"),
        ("EXISTS(SELECT VALUE i FROM i IN c.items WHERE i.p * i.q = 6)", "3"),
        ("(SELECT VALUE COUNT(1) FROM t IN c.tags) = 2", "1"),
        ("STARTSWITH(c.s, 'a')", "2"),
        ("STARTSWITH(c.s, 'a', true)", "12"),
        ("ENDSWITH(c.s, 'c')", "1"),
        ("CONTAINS(c.s, 'b')", "12"),
        ("STRINGEQUALS(c.s, 'ABC', true)", "1"),
        ("REGEXMATCH(c.s, '^a.c$', 'i')", "1"),
        ("IS_DEFINED(c.n)", "1234"),
        ("NOT IS_DEFINED(c.n)", "5"),
        ("IS_NULL(c.n)", "3"),
        ("IS_NUMBER(c.n)", "12"),
        ("IS_STRING(c.n)", "4"),
        ("IS_BOOL(c.b)", "12"),
        ("IS_ARRAY(c.tags)", "123"),
        ("IS_OBJECT(c.o)", "12"),
        ("IS_PRIMITIVE(c.n)", "1234"),
        ("(c.n ?? 'none') = 'none'", "5"),
        ("(c.b ? 1 : 2) = 1", "1"),
        ("IIF(c.b, 1, 2) = 1", "1"),
        ("true", "12345"),
        ("1", ""),
    ],
)
def test_a_filter_keeps_exactly_the_documents_for_which_it_is_true(
    where: str, expected: str
) -> None:
    assert ids(where) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2 * 3 - 4 / 2", 5),
        ("(1 + 2) * 3", 9),
        ("7 % 4", 3),
        ("-(-3)", 3),
        ("1 / 4", 0.25),
        ("5 & 3 | 8", 9),
        ("~1", -2),
        ("'a' || 'b' || 'c'", "abc"),
        ("'it\\'s'", "it's"),
        ('"\\u00e9"', "é"),
        ("CONCAT('a', 'b', 'c')", "abc"),
        ("LOWER('ÄB')", "äb"),
        ("UPPER('ab')", "AB"),
        ("LENGTH('abc')", 3),
        ("TRIM('  a ')", "a"),
        ("SUBSTRING('abcdef', 2, 3)", "cde"),
        ("LEFT('abc', 2)", "ab"),
        ("RIGHT('abc', 2)", "bc"),
        ("INDEX_OF('abc', 'c')", 2),
        ("REPLACE('aXbX', 'X', '-')", "a-b-"),
        ("REVERSE('abc')", "cba"),
        ("REPLICATE('ab', 2)", "abab"),
        ("TOSTRING(1.5)", "1.5"),
        ("TOSTRING({a: 1})", '{"a":1}'),
        ("STRINGTONUMBER('1.5')", 1.5),
        ("STRINGTOARRAY('[1, 2]')", [1, 2]),
        ("ABS(-2)", 2),
        ("FLOOR(1.7)", 1),
        ("CEILING(1.2)", 2),
        ("ROUND(2.5)", 3),
        ("ROUND(2.345, 2)", 2.35),
        ("POWER(2, 10)", 1024),
        ("SQRT(9)", 3.0),
        ("SIGN(-4)", -1),
        ("TRUNC(-1.7)", -1),
        ("ARRAY_CONCAT([1], [2, 3])", [1, 2, 3]),
        ("ARRAY_SLICE([1, 2, 3], 1, 1)", [2]),
        ("SETINTERSECT([1, 2, 2], [2, 3])", [2]),
        ("SETUNION([1, 2], [2, 3])", [1, 2, 3]),
        ("[1, undefined, 2]", [1, 2]),
        ("{a: 1, 'b': undefined, c: {d: null}}", {"a": 1, "c": {"d": None}}),
        ("DATETIMEPART('month', '2025-06-07T08:09:10.1234567Z')", 6),
        ("DATETIMEADD('day', 1, '2024-02-28T00:00:00.0000000Z')", "2024-02-29T00:00:00.0000000Z"),
        ("DATETIMEADD('month', 1, '2025-01-31T00:00:00Z')", "2025-02-28T00:00:00.0000000Z"),
        ("DATETIMEDIFF('hour', '2025-01-01T00:30:00Z', '2025-01-01T02:15:00Z')", 2),
        ("DATETIMEDIFF('year', '2024-12-31', '2025-01-01')", 1),
        ("DATETIMETOTIMESTAMP('1970-01-02')", 86_400_000),
        ("TIMESTAMPTODATETIME(1000)", "1970-01-01T00:00:01.0000000Z"),
        ("TICKSTODATETIME(DATETIMETOTICKS('2025-01-01'))", "2025-01-01T00:00:00.0000000Z"),
    ],
)
def test_an_expression_has_its_value(expression: str, expected: Any) -> None:
    assert run(f"SELECT VALUE {expression}") == [expected]


@pytest.mark.parametrize(
    "expression",
    [
        "1 + 'a'",
        "1 / 0",
        "SQRT(-1)",
        "LOG(0)",
        "LOWER(1)",
        "LENGTH([1])",
        "SUBSTRING(1, 2, 3)",
        "1 < 'a'",
        "[1] < [2]",
        "null ?? undefined ? 1 : undefined",
        "STRINGTONUMBER('x')",
        "REGEXMATCH('a', '(')",
        "DATETIMEPART('month', 'no date')",
        "DATETIMEADD('day', 1, '2025-02-30')",
        "@missing",
        "1 || 'a'",
        "NOT 1",
    ],
)
def test_an_expression_that_makes_no_sense_is_undefined_and_left_out(expression: str) -> None:
    assert run(f"SELECT VALUE {expression}") == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT c.id, c.n FROM c WHERE c.id = '5'", [{"id": "5"}]),
        ("SELECT c.o.k FROM c WHERE c.id = '1'", [{"k": 1}]),
        ("SELECT c.o['k'] AS x, 1, c.n + 1 FROM c WHERE c.id = '1'", [{"x": 1, "$2": 1, "$3": 2}]),
        ("SELECT VALUE f.id FROM Families f WHERE f.n = 1", ["1"]),
        ("SELECT VALUE root.id FROM root WHERE root.n = 1", ["1"]),
        (
            "SELECT c.id, t FROM c JOIN t IN c.tags",
            [
                {"id": "1", "t": "x"},
                {"id": "1", "t": "y"},
                {"id": "3", "t": "y"},
            ],
        ),
        ("SELECT VALUE t FROM c JOIN t IN c.tags WHERE c.id = '1' AND t != 'x'", ["y"]),
        (
            "SELECT VALUE a || b FROM c JOIN a IN c.tags JOIN b IN c.tags WHERE c.id = '1'",
            ["xx", "xy", "yx", "yy"],
        ),
        ("SELECT VALUE t FROM t IN c.tags", ["x", "y", "y"]),
        ("SELECT VALUE o.k FROM c.o", [1, 2]),
        ("SELECT DISTINCT VALUE t FROM c JOIN t IN c.tags", ["x", "y"]),
        ("SELECT DISTINCT c.b FROM c", [{"b": True}, {"b": False}, {}]),
        ("SELECT TOP 2 VALUE c.id FROM c", ["1", "2"]),
        ("SELECT VALUE c.id FROM c OFFSET 1 LIMIT 2", ["2", "3"]),
        ("SELECT VALUE c.id FROM c ORDER BY c.n", ["5", "3", "1", "2", "4"]),
        ("SELECT VALUE c.id FROM c ORDER BY c.n DESC", ["4", "2", "1", "3", "5"]),
        ("SELECT VALUE c.id FROM c ORDER BY c.b, c.id DESC", ["5", "4", "3", "2", "1"]),
        (
            "SELECT VALUE ARRAY(SELECT VALUE i.p FROM i IN c.items) FROM c WHERE c.id = '3'",
            [[2, 5]],
        ),
        ("SELECT VALUE COUNT(1) FROM c", [5]),
        ("SELECT VALUE COUNT(c.n) FROM c", [4]),
        ("SELECT VALUE COUNT(1) FROM c WHERE false", [0]),
        ("SELECT VALUE SUM(c.n) FROM c WHERE IS_NUMBER(c.n)", [3.5]),
        ("SELECT VALUE SUM(c.n) FROM c", []),
        ("SELECT VALUE AVG(c.n) FROM c WHERE c.n > 0", [1.75]),
        ("SELECT VALUE AVG(c.n) FROM c WHERE false", []),
        ("SELECT VALUE MIN(c.n) FROM c", [None]),
        ("SELECT VALUE MAX(c.n) FROM c", ["text"]),
        ("SELECT VALUE MAX(c.o) FROM c", []),
        ("SELECT VALUE {n: COUNT(1), most: MAX(c.id)} FROM c", [{"n": 5, "most": "5"}]),
        (
            "SELECT c.b, COUNT(1) AS n FROM c GROUP BY c.b",
            [{"b": True, "n": 1}, {"b": False, "n": 1}, {"n": 3}],
        ),
        ("SELECT VALUE SUM(i.p * i.q) FROM c JOIN i IN c.items", [11]),
        ("SELECT 1", [{"$1": 1}]),
        ("select value c.id from c where c.n = 1 -- a comment", ["1"]),
    ],
)
def test_a_query_gives_its_rows(query: str, expected: list[Any]) -> None:
    assert run(query) == expected


def test_select_star_gives_whole_documents() -> None:
    assert run("SELECT * FROM c") == DOCUMENTS


def test_parameters_stand_for_values_of_any_type() -> None:
    assert ids("c.n = @n OR ARRAY_CONTAINS(@ids, c.id)", n=1, ids=["4", "5"]) == "145"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SELECT",
        "SELECT * FROM",
        "SELECT * FROM c WHERE",
        "SELECT * FROM c WHERE c.",
        "SELECT * FROM c ORDER c.n",
        "SELECT * FROM c OFFSET 1",
        "SELECT * FROM c extra words",
        "SELECT c.id FROM c WHERE c.n = 'open",
        "SELECT c.id c FROM c WHERE c.n IN 1",
        "SELECT VALUE NOPE(1) FROM c",
        "SELECT VALUE {a 1} FROM c",
        "SELECT VALUE 1e999",
        "SELECT # FROM c",
        "DELETE FROM c",
        "SELECT d.id FROM c",
        "SELECT c.id FROM c JOIN t IN d.tags",
        "SELECT VALUE EXISTS(SELECT VALUE t FROM t IN c.tags WHERE u = 1) FROM c",
        "SELECT VALUE t FROM c WHERE EXISTS(SELECT VALUE t FROM t IN c.tags)",
        "SELECT VALUE c.id",
        "SELECT VALUE {a: [d]} FROM c ORDER BY c.id",
    ],
)
def test_a_text_that_is_no_query_is_refused(text: str) -> None:
    with pytest.raises(SqlError):
        evaluator(text)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT VALUE LOWER('a', 'b')",
        "SELECT TOP -1 * FROM c",
        "SELECT * FROM c OFFSET 'a' LIMIT 1",
        "SELECT * FROM c JOIN t IN c.tags",
    ],
)
def test_a_query_that_can_not_run_is_refused(text: str) -> None:
    with pytest.raises(SqlError):
        run(text)

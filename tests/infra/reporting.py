"""The reporting database on DuckDB: the same SQL, transpiled, and the Stream Analytics query run over events.

Two things are not T-SQL and are put in words that DuckDB knows: the files are cut at GO, as sqlcmd cuts
them, and `GetArrayElements`, the job's way through a list, becomes an unnesting with its index.
"""

import re
from collections.abc import Iterable
from functools import cache
from typing import Any, Final

import duckdb
import msgspec
import sqlglot
from sqlglot import expressions

from tests.rules.repository import ROOT

SQL: Final = ROOT / "infra/sql"
IGNORED: Final = "IGNORE_DUP_KEY = ON"
EVENT: Final = {
    **dict.fromkeys(
        ("aggregateId", "aggregateType", "eventId", "eventType", "timestamp"), "VARCHAR"
    ),
    "version": "BIGINT",
    "data": {
        **dict.fromkeys(("orderId", "customerId", "currency"), "VARCHAR"),
        **dict.fromkeys(("trackingNumber", "carrier", "reason"), "VARCHAR"),
        "totalAmount": "DOUBLE",
        "items": [{"productId": "VARCHAR", "quantity": "BIGINT", "price": "DOUBLE"}],
    },
}
"""What the job sees of a message; Stream Analytics reads a JSON number with a fraction as a double."""


class Reporting:
    """An empty reporting database, with the job in front of it."""

    def __init__(self) -> None:
        self.database = duckdb.connect()
        self.database.execute("CREATE SCHEMA sales")
        for statement in (*tables(), *views()):
            self.database.execute(statement)

    def deliver(self, messages: Iterable[dict[str, Any]]) -> None:
        """What the job does with messages: a row whose key is there already is ignored."""
        given = msgspec.json.encode(list(messages)).decode()
        self.database.execute(
            "CREATE OR REPLACE TEMP TABLE domain_events AS "
            "SELECT unnest(from_json(?, ?), max_depth := 2)",
            [given, msgspec.json.encode([EVENT]).decode()],
        )
        for table, query in job().items():
            self.database.execute(f"INSERT OR IGNORE INTO sales.{table} BY NAME {query}")

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The rows of a table or view; a day as text."""
        found = self.database.execute(f"SELECT * FROM sales.{name}")
        names = [column[0] for column in found.description]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        return [row | {"day": str(row["day"])} if "day" in row else row for row in rows]


def batches(name: str) -> list[str]:
    """A file of T-SQL, cut at GO."""
    text = (SQL / name).read_text()
    return [batch for batch in re.split(r"^GO$", text, flags=re.MULTILINE) if batch.strip()]


@cache
def tables() -> list[str]:
    """The CREATE TABLE statements; that they ignore repeated keys, DuckDB is told at the insert."""
    found = [re.search(r"CREATE TABLE.*", batch, re.DOTALL) for batch in batches("tables.sql")]
    created = [create[0].replace(f" WITH ({IGNORED})", "") for create in found if create]
    return [_transpiled(statement) for statement in created]


@cache
def views() -> list[str]:
    return [_transpiled(batch) for batch in batches("views.sql")]


@cache
def job() -> dict[str, str]:
    """The job's queries by the table that each writes, as DuckDB runs them."""
    source = (SQL / "stream-analytics.sql").read_text()
    steps, *selects = re.split(r"^(?=SELECT)", source, flags=re.MULTILINE)
    return dict(_query(f"{steps}{select}") for select in selects)


def _transpiled(statement: str) -> str:
    parsed = sqlglot.parse_one(statement, read="tsql")
    return parsed.transform(_without_order).sql("duckdb")


def _without_order(node: expressions.Expr) -> expressions.Expr:
    """A key's columns without a direction, which DuckDB does not know there."""
    return node.this if isinstance(node, expressions.Ordered) else node


def _query(text: str) -> tuple[str, str]:
    parsed = sqlglot.parse_one(text, read="tsql")
    into = parsed.find(expressions.Into)
    assert into is not None
    table = into.this.name
    into.pop()
    written = parsed.transform(_unnested).sql("duckdb", comments=False)
    return table, written.replace("INNER JOIN LATERAL", "CROSS JOIN LATERAL")


def _unnested(node: expressions.Expr) -> expressions.Expr:
    if not isinstance(node, expressions.Anonymous) or node.name != "GetArrayElements":
        return node
    elements = node.expressions[0].sql("duckdb")
    return sqlglot.parse_one(
        f'(SELECT unnest({elements}) AS "ArrayValue", '
        f'generate_subscripts({elements}, 1) - 1 AS "ArrayIndex")',
        read="duckdb",
    )

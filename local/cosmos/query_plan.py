"""Query plans: what a client is told when a query must be fanned out over ranges.

There is one range and it runs the whole query, so the plan asks the client to do nothing more.
"""

from typing import Any, Final

from local.cosmos.errors import bad_request
from local.cosmos.sql.syntax import Query

_NOTHING_TO_DO: Final[dict[str, Any]] = {
    "distinctType": "None",
    "top": None,
    "offset": None,
    "limit": None,
    "orderBy": [],
    "orderByExpressions": [],
    "groupByExpressions": [],
    "groupByAliases": [],
    "aggregates": [],
    "groupByAliasToAggregateType": {},
    "rewrittenQuery": "",
    "hasSelectValue": False,
    "dCountInfo": None,
    "hasNonStreamingOrderBy": False,
}


def query_plan() -> dict[str, Any]:
    everything = {"min": "", "max": "FF", "isMinInclusive": True, "isMaxInclusive": False}
    return {
        "partitionedQueryExecutionInfoVersion": 2,
        "queryInfo": _NOTHING_TO_DO,
        "queryRanges": [everything],
    }


def needed_features(query: Query) -> list[str]:
    """What a client must be able to do to run the query over several ranges, by the names of
    the header x-ms-cosmos-supported-query-features."""
    needs = {
        "Aggregate": query.aggregated and query.value is not None,
        "NonValueAggregate": query.aggregated and query.value is None and not query.group_by,
        "GroupBy": bool(query.group_by),
        "Distinct": query.distinct,
        "OrderBy": bool(query.order_by),
        "MultipleOrderBy": len(query.order_by) > 1,
        "OffsetAndLimit": query.limit is not None,
        "Top": query.top is not None,
    }
    return [name for name, needed in needs.items() if needed]


def check_features(query: Query, supported: str | None) -> None:
    """Raise 400 for a query that the client could not run, as the service does."""
    if supported is None:
        return
    able = {name.strip() for name in supported.split(",")}
    if missing := [name for name in needed_features(query) if name not in able]:
        raise bad_request(
            "Query contains 1 or more unsupported features. Upgrade your SDK to a version that does "
            "support the requested features: "
            + "; ".join(
                f"Query contained {name}, which the calling client does not support."
                for name in missing
            )
        )

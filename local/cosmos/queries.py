"""Query requests: their text and scope, the rules of the service, the answer."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from local.cosmos.catalog import Catalog
from local.cosmos.container import Container
from local.cosmos.documents import Documents, Scope
from local.cosmos.errors import CROSS_PARTITION_NOT_SERVABLE, ServiceError, bad_request
from local.cosmos.partition_key import partition_key
from local.cosmos.query_analysis import Analysis
from local.cosmos.query_pages import Page, Pager
from local.cosmos.query_plan import check_features, needed_features, query_plan
from local.cosmos.query_rows import Run
from local.cosmos.ranges import requested_scope
from local.cosmos.request_units import QUERY_OVERHEAD
from local.cosmos.sql import Evaluator, SqlError, evaluator
from local.cosmos.wire import CONTINUATION, ITEM_COUNT, RANGE_ID, Answer, Request, encode_json

_EVERYTHING = "SELECT * FROM c"


@dataclass(frozen=True)
class Asked:
    """A query request: the compiled text and the values of its parameters."""

    text: str
    parameters: dict[str, Any]
    evaluator: Evaluator


def asked(request: Request) -> Asked:
    """The query in a request's body; raises 400 for what is none."""
    given = request.object
    text, parameters = given.get("query"), given.get("parameters") or []
    if not isinstance(text, str) or not isinstance(parameters, list):
        raise bad_request('A query request must be {"query": text, "parameters": […]}.')
    try:
        values = {parameter["name"]: parameter["value"] for parameter in parameters}
    except (KeyError, TypeError):
        raise bad_request('A query parameter must be {"name": "@…", "value": …}.') from None
    return Asked(text, values, compiled(text))


def compiled(text: str) -> Evaluator:
    """The query of a text; raises 400 in the service's form for syntax errors."""
    try:
        return evaluator(text)
    except SqlError as error:
        raise _syntax_error(error) from error


def _syntax_error(error: SqlError) -> ServiceError:
    entry = {"severity": "Error", "code": "SC1001", "message": str(error)}
    return bad_request(encode_json({"errors": [entry]}).decode())


class Queries:
    """Runs queries over the documents of a container."""

    def __init__(self, documents: Documents, catalog: Catalog, clock: Callable[[], float]) -> None:
        self._pager = Pager(documents, catalog, clock)

    def plan(self, request: Request) -> Answer:
        query = asked(request).evaluator.query
        check_features(query, request.header("x-ms-cosmos-supported-query-features"))
        return Answer(200, query_plan())

    def read_all(self, request: Request, container: Container, factor: float) -> Answer:
        """A list of documents without a query."""
        everything = Asked(_EVERYTHING, {}, compiled(_EVERYTHING))
        return self._answer(request, everything, requested_scope(request, container), factor)

    def run(self, request: Request, container: Container, factor: float) -> Answer:
        """One page of results; raises 400 for what the service refuses to run."""
        query = asked(request)
        analysis = Analysis(query.evaluator.query, container, query.parameters)
        _check_order(analysis)
        return self._answer(request, query, _scope(request, analysis), factor)

    def _answer(self, request: Request, query: Asked, scope: Scope, factor: float) -> Answer:
        wanted = request.count("x-ms-max-item-count", 0)
        try:
            run = Run(query.text, query.evaluator, query.parameters, scope)
            page = self._pager.page(run, wanted, request.header(CONTINUATION))
        except SqlError as error:
            raise _syntax_error(error) from error
        return _page_answer(scope.container, page, factor)


def _page_answer(container: Container, page: Page, factor: float) -> Answer:
    headers = {ITEM_COUNT: str(len(page.items))}
    if page.continuation is not None:
        headers[CONTINUATION] = page.continuation
    body = {"_rid": container.rid, "Documents": page.items, "_count": len(page.items)}
    return Answer(200, encode_json(body), (QUERY_OVERHEAD + page.charge) * factor, headers)


def _check_order(analysis: Analysis) -> None:
    """ORDER BY takes indexed paths; two or more need a composite index with just these orders."""
    policy, order = analysis.container.indexing, analysis.order()
    if order is None:
        raise bad_request("Unsupported ORDER BY clause. ORDER BY takes property paths only.")
    if len(order) > 1 and not policy.serves(order):
        raise bad_request(
            "The order by query does not have a corresponding composite index that it can be "
            "served from."
        )
    if len(order) == 1 and not policy.indexes(order[0][0]):
        raise bad_request(
            "The index path corresponding to the specified order-by item is excluded."
        )


def _scope(request: Request, analysis: Analysis) -> Scope:
    """What the query ranges over; raises 400 for partitions that may not be crossed."""
    scope = requested_scope(request, analysis.container)
    if scope.partition_key is not None or scope.hashes is not None or RANGE_ID in request.headers:
        return scope
    if (key := analysis.pinned_key()) is not None:
        return replace(scope, partition_key=partition_key(key).text)
    if not request.flag("x-ms-documentdb-query-enablecrosspartition"):
        raise bad_request(
            "Cross partition query is required but disabled. Please set "
            "x-ms-documentdb-query-enablecrosspartition to true, specify "
            "x-ms-documentdb-partitionkey, or revise your query to avoid this exception."
        )
    if needed_features(analysis.query):
        raise _needs_plan()
    return scope


def _needs_plan() -> ServiceError:
    """The client is to ask for a plan, then for the query by range."""
    return bad_request(
        "The provided cross partition query can not be directly served by the gateway. This is a "
        "first chance (internal) exception that all newer clients will know how to handle "
        "gracefully.",
        CROSS_PARTITION_NOT_SERVABLE,
    )

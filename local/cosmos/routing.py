"""What a request is: a kind for counting, and the resources that its path names."""

from dataclasses import dataclass

from local.cosmos.stats import RequestKind
from local.cosmos.wire import Request


@dataclass(frozen=True)
class Target:
    """The parts of `/dbs/{database}/colls/{container}/{feed}/{document}` that are there."""

    kind: RequestKind
    database: str | None = None
    container: str | None = None
    feed: str | None = None
    document: str | None = None


def target(request: Request) -> Target:
    """Names or resource ids as they stand in the path."""
    match request.segments:
        case ("dbs", database, "colls", container, "docs"):
            return Target(_feed_kind(request), database, container, "docs")
        case ("dbs", database, "colls", container, "docs", document):
            return Target(_document_kind(request), database, container, "docs", document)
        case ("dbs", database, "colls", container, "operations", "partitionkeydelete"):
            return Target("delete", database, container, "partitionkeydelete")
        case ("dbs", database, "colls", container, feed):
            return Target("metadata", database, container, feed)
        case ("dbs", database, "colls", container):
            return Target("metadata", database, container)
        case ("dbs", database, "colls"):
            return Target("metadata", database, feed="colls")
        case ("dbs", database):
            return Target("metadata", database)
        case (feed,):
            return Target("metadata", feed=feed)
        case ("offers", offer):
            return Target("metadata", feed="offers", document=offer)
        case ():
            return Target("metadata")
        case _:
            return Target("metadata", feed="unknown")


def is_query(request: Request) -> bool:
    given = request.headers.get("content-type", "")
    return request.flag("x-ms-documentdb-isquery") or given.startswith("application/query+json")


def is_query_plan(request: Request) -> bool:
    return request.flag("x-ms-cosmos-is-query-plan-request")


def _feed_kind(request: Request) -> RequestKind:
    if request.method == "GET":
        return "change_feed" if request.header("a-im") else "query"
    if is_query_plan(request):
        return "metadata"
    if request.flag("x-ms-cosmos-is-batch-request"):
        return "batch"
    if is_query(request):
        return "query"
    return "upsert" if request.flag("x-ms-documentdb-is-upsert") else "create"


def _document_kind(request: Request) -> RequestKind:
    match request.method:
        case "PUT":
            return "replace"
        case "PATCH":
            return "patch"
        case "DELETE":
            return "delete"
        case _:
            return "point_read"

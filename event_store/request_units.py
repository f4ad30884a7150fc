"""What Cosmos DB charges, response by response: the one place that all requests pass."""

from typing import Any, Final
from urllib.parse import unquote, urlsplit

from telemetry import metrics

CHARGE: Final = "x-ms-request-charge"


def count(response: Any) -> None:
    """For the SDK as its `raw_response_hook`: every response, those of the SDK's own attempts and of
    requests that were refused too."""
    request = response.http_request
    charge = response.http_response.headers.get(CHARGE)
    if charge:
        container, operation = described(request.method, request.url, request.headers)
        metrics.charged(container, operation, float(charge))


def described(method: str, url: str, headers: Any) -> tuple[str, str]:
    """The container and the operation of a request ("Azure Cosmos DB: REST API reference"); about an
    account or a database the container is empty."""
    match [unquote(part) for part in urlsplit(url).path.split("/") if part]:
        case ["dbs", _, "colls", container, "docs"]:
            return container, _on_documents(method, headers)
        case ["dbs", _, "colls", container, "docs", _]:
            return container, _ON_ONE.get(method, "metadata")
        case ["dbs", _, "colls", container, *_]:
            return container, "metadata"
        case _:
            return "", "metadata"


_ON_ONE: Final = {
    "GET": "point_read",
    "PUT": "replace",
    "PATCH": "patch",
    "DELETE": "delete",
}


def _on_documents(method: str, headers: Any) -> str:
    if method == "GET":
        return "change_feed" if headers.get("A-IM") else "query"
    if _flag(headers, "x-ms-cosmos-is-query-plan-request"):
        return "metadata"
    if _flag(headers, "x-ms-cosmos-is-batch-request"):
        return "batch"
    if _flag(headers, "x-ms-documentdb-isquery"):
        return "query"
    return "upsert" if _flag(headers, "x-ms-documentdb-is-upsert") else "create"


def _flag(headers: Any, name: str) -> bool:
    return str(headers.get(name, "")).lower() == "true"

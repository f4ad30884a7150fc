"""An aggregate's history over HTTP: its events as they are stored."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import azure.functions as func

from domain.aggregate import Aggregate, AggregateNotFound
from functions import requests
from functions.endpoint import Call, endpoint
from wiring import Application

PAGE: Final = 100
LARGEST_PAGE: Final = 1000
FIELDS: Final = (
    "eventId",
    "eventType",
    "version",
    "timestamp",
    "userId",
    "schemaVersion",
    "data",
    "metadata",
)


def blueprint(
    application: Application, aggregates: Iterable[Aggregate[Any, Any, Any]]
) -> func.Blueprint:
    """A function per aggregate: `GET /orders/{orderId}/events`."""
    history = func.Blueprint()
    for aggregate in aggregates:
        _register(history, application, aggregate)
    return history


def _register(
    history: func.Blueprint, application: Application, aggregate: Aggregate[Any, Any, Any]
) -> None:
    async def read(call: Call) -> func.HttpResponse:
        identity = requests.path_id(call.request, aggregate.id_field)
        parameters = requests.query(call.request, "fromVersion", "limit")
        first = requests.version(parameters.get("fromVersion", "1"), "fromVersion")
        limit = requests.version(parameters.get("limit", str(PAGE)), "limit", LARGEST_PAGE)
        return call.answer(await _page(application, aggregate, identity, first, limit))

    route = f"{aggregate.collection}/{{{aggregate.id_field}}}/events"
    history.function_name(f"get_{aggregate.name.lower()}_events")(
        history.route(route, methods=["GET"])(endpoint(read))
    )


async def _page(
    application: Application,
    aggregate: Aggregate[Any, Any, Any],
    identity: str,
    first: int,
    limit: int,
) -> dict[str, Any]:
    """A page of the history; one event more than asked for tells whether there is a next one."""
    stream = aggregate.stream(identity)
    documents = await application.event_store.documents(stream, first, first + limit)
    if not documents and not await application.event_store.documents(stream, 1, 1):
        raise AggregateNotFound(aggregate.name, identity)
    page: dict[str, Any] = {"events": [_event(document) for document in documents[:limit]]}
    if len(documents) > limit:
        page["nextVersion"] = first + limit
    return page


def _event(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: document[name] for name in FIELDS}

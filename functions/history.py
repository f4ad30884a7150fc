"""An aggregate's history over HTTP: its events as they are stored."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import azure.functions as func
import msgspec

from domain.aggregate import Aggregate, AggregateNotFound
from domain.events import Context
from domain.values import Moment
from functions import requests
from functions.endpoint import Call
from functions.requests import Version
from functions.route import Route
from wiring import Application

PAGE: Final = 100
LARGEST_PAGE: Final = 1000


class HistoryEvent(msgspec.Struct, frozen=True, rename="camel"):
    """An event as it is stored, in the shape that its `schemaVersion` had."""

    event_id: str
    event_type: str
    version: Version
    timestamp: Moment
    user_id: str | None
    schema_version: Version
    data: dict[str, Any]
    metadata: Context


class History(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A page of a history, the oldest first; `nextVersion` begins the next one, if there is one."""

    events: list[HistoryEvent]
    next_version: Version | None = None


FIELDS: Final = tuple(field.encode_name for field in msgspec.structs.fields(HistoryEvent))


def blueprint(
    application: Application, aggregates: Iterable[Aggregate[Any, Any, Any]]
) -> func.Blueprint:
    """A function per aggregate: `GET /orders/{orderId}/events`."""
    history = func.Blueprint()
    for aggregate in aggregates:
        _register(history, application, aggregate)
    return history


def route(aggregate: Aggregate[Any, Any, Any]) -> Route:
    path = f"{aggregate.collection}/{{{aggregate.id_field}}}/events"
    return Route(f"get_{aggregate.name.lower()}_events", "GET", path)


def _register(
    history: func.Blueprint, application: Application, aggregate: Aggregate[Any, Any, Any]
) -> None:
    async def read(call: Call) -> func.HttpResponse:
        identity = requests.path_id(call.request, aggregate.id_field)
        parameters = requests.query(call.request, "fromVersion", "limit")
        first = requests.version(parameters.get("fromVersion", "1"), "fromVersion")
        limit = requests.version(parameters.get("limit", str(PAGE)), "limit", LARGEST_PAGE)
        await call.record(aggregate.stream(identity))
        masked = not call.principal.sees_personal_data
        return call.answer(await _page(application, aggregate, identity, first, limit, masked))

    route(aggregate).serve(history, read, application)


async def _page(
    application: Application,
    aggregate: Aggregate[Any, Any, Any],
    identity: str,
    first: int,
    limit: int,
    masked: bool,
) -> dict[str, Any]:
    """A page of the history, personal data in clear or masked; one event more than asked for tells
    whether there is a next one."""
    stream = aggregate.stream(identity)
    documents = await application.event_store.documents(stream, first, first + limit)
    if not documents and not await application.event_store.documents(stream, 1, 1):
        raise AggregateNotFound(aggregate.name, identity)
    opened = [
        await application.sealer.opened(document, masked=masked) for document in documents[:limit]
    ]
    page: dict[str, Any] = {"events": [_event(document) for document in opened]}
    if len(documents) > limit:
        page["nextVersion"] = first + limit
    return page


def _event(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: document[name] for name in FIELDS}

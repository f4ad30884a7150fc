"""Queries over HTTP: read models as they are, or as fresh as the caller needs them."""

from collections.abc import Iterable
from typing import Any

import azure.functions as func
import msgspec

from domain.values import to_json
from functions import requests
from functions.endpoint import Call
from functions.route import Route
from projections.projection import Projection, View
from projections.view_reader import Answer, ViewReader
from wiring import Application


def blueprint(application: Application, projections: Iterable[Projection]) -> func.Blueprint:
    """A function per read model that answers for one aggregate: `GET /orders/{orderId}`."""
    queries = func.Blueprint()
    for projection in projections:
        if isinstance(projection, View) and projection.served:
            _register(queries, application, projection)
    return queries


def route(view: View[Any]) -> Route:
    aggregate = view.of
    path = f"{aggregate.collection}/{{{aggregate.id_field}}}"
    return Route(f"get_{aggregate.name.lower()}", "GET", path)


def _register(queries: func.Blueprint, application: Application, view: View[Any]) -> None:
    async def read(call: Call) -> func.HttpResponse:
        identity = requests.path_id(call.request, view.of.id_field)
        return _answer(call, await _read(call, application.view_reader, view, identity))

    route(view).serve(queries, read, application)


async def _read[V](call: Call, reader: ViewReader, view: View[V], identity: str) -> Answer[V]:
    """The read model as it is, or at the one point in time that the query names: that goes on record."""
    match requests.at_most_one(call.request, "minVersion", "version", "asOf"):
        case None:
            return await reader.read(view, identity)
        case "minVersion" as name, text:
            return await reader.read(view, identity, requests.version(text, name))
        case "version" as name, text:
            version = requests.version(text, name)
            await call.record(view.of.stream(identity))
            return await reader.at_version(view, identity, version)
        case name, text:
            moment = requests.moment(text, name)
            await call.record(view.of.stream(identity))
            return await reader.as_of(view, identity, moment)


def _answer(call: Call, answer: Answer[Any]) -> func.HttpResponse:
    headers = {"ETag": f'"{answer.version}"', "X-Read-Source": answer.source}
    fields = msgspec.to_builtins(answer.view, enc_hook=to_json)
    return call.answer({**fields, "version": answer.version}, headers=headers)

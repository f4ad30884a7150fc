"""Queries over HTTP: read models as they are, or as fresh as the caller needs them."""

from collections.abc import Iterable
from typing import Any

import azure.functions as func
import msgspec

from domain.values import to_json
from functions import requests
from functions.endpoint import Call, endpoint
from projections.projection import View
from projections.view_reader import Answer
from wiring import Application


def blueprint(application: Application, views: Iterable[View[Any]]) -> func.Blueprint:
    """A function per read model that answers for one aggregate: `GET /orders/{orderId}`."""
    queries = func.Blueprint()
    for view in views:
        _register(queries, application, view)
    return queries


def _register(queries: func.Blueprint, application: Application, view: View[Any]) -> None:
    aggregate = view.of

    async def read(call: Call) -> func.HttpResponse:
        identity = requests.path_id(call.request, aggregate.id_field)
        parameters = requests.query(call.request, "minVersion")
        wanted = parameters.get("minVersion")
        least = 0 if wanted is None else requests.version(wanted, "minVersion")
        return _answer(call, await application.view_reader.read(view, identity, least))

    route = f"{aggregate.collection}/{{{aggregate.id_field}}}"
    queries.function_name(f"get_{aggregate.name.lower()}")(
        queries.route(route, methods=["GET"])(endpoint(read))
    )


def _answer(call: Call, answer: Answer[Any]) -> func.HttpResponse:
    headers = {"ETag": f'"{answer.version}"', "X-Read-Source": answer.source}
    if requests.has_current(call.request, answer.version):
        return call.answer(status=304, headers=headers)
    fields = msgspec.to_builtins(answer.view, enc_hook=to_json)
    return call.answer({**fields, "version": answer.version}, headers=headers)

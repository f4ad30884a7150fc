"""The application's HTTP functions without a host: requests in, responses out."""

import json
from typing import Any

import azure.functions as func

from domain.registry import AGGREGATES
from functions import (
    access_log,
    archive,
    audit,
    command_status,
    commands,
    erasure,
    history,
    operations,
    queries,
    reports,
    search,
)
from projections.registry import PROJECTIONS
from tests.fakes.http import request
from wiring import Application


class Functions:
    """The HTTP functions of an instance, by name."""

    def __init__(self, application: Application) -> None:
        app = func.FunctionApp()
        app.register_functions(commands.blueprint(application, AGGREGATES))
        app.register_functions(queries.blueprint(application, PROJECTIONS))
        app.register_functions(history.blueprint(application, AGGREGATES))
        app.register_functions(command_status.blueprint(application, PROJECTIONS))
        app.register_functions(operations.blueprint(application, PROJECTIONS))
        for part in (access_log, archive, audit, erasure, reports, search):
            app.register_functions(part.blueprint(application))
        self._functions = {
            function.get_function_name(): function.get_user_function()
            for function in app.get_functions()
        }

    async def __call__(
        self,
        name: str,
        body: Any = None,
        /,
        headers: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
        method: str | None = None,
        **route: str,
    ) -> "Reply":
        """Calls a function; `route` has the parameters that the host takes from the path."""
        sent = request(
            method or ("GET" if body is None else "POST"),
            f"/api/{name}",
            body=b"" if body is None else body,
            headers=headers,
            query=query,
            route=route,
        )
        return Reply(await self._functions[name](sent))


class Reply:
    """A response, read."""

    def __init__(self, response: func.HttpResponse) -> None:
        self.status = response.status_code
        self.headers = dict(response.headers)
        self.body: Any = json.loads(response.get_body() or b"null")

"""The application's HTTP functions without a host: requests in, responses out."""

import json
from typing import Any

import azure.functions as func

from domain.registry import AGGREGATES
from functions import commands, history, queries
from projections.registry import PROJECTIONS
from wiring import Application


class Functions:
    """The HTTP functions of an instance, by name."""

    def __init__(self, application: Application) -> None:
        app = func.FunctionApp()
        app.register_functions(commands.blueprint(application, AGGREGATES))
        app.register_functions(queries.blueprint(application, PROJECTIONS))
        app.register_functions(history.blueprint(application, AGGREGATES))
        self._functions = {
            function.get_function_name(): function.get_user_function()
            for function in app.get_functions()
        }

    async def __call__(
        self,
        name: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        **route: str,
    ) -> "Reply":
        """Calls a function; `route` has the parameters that the host takes from the path."""
        request = func.HttpRequest(
            method="POST" if body is not None else "GET",
            url=f"http://127.0.0.1/api/{name}",
            headers={"content-type": "application/json", **(headers or {})},
            route_params=route,
            body=b"" if body is None else json.dumps(body).encode(),
        )
        return Reply(await self._functions[name](request))


class Reply:
    """A response, read."""

    def __init__(self, response: func.HttpResponse) -> None:
        self.status = response.status_code
        self.headers = dict(response.headers)
        self.body: Any = json.loads(response.get_body() or b"null")

"""The `/admin` routes: ping, status, the list of functions, and runs by hand."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from local.functions_host.functions import Function
from local.functions_host.http_messages import Answer
from local.functions_host.keys import Level

VERSION = "4.1037.0.0"
"""The host whose behaviour this one follows."""

NOT_FOUND = Answer(404)

type RunByHand = Callable[[Function, str], Awaitable[object]]

logger = logging.getLogger("functions_host")


class Admin:
    """Answers `/admin/*`; `run` starts a function with the text that a manual run hands in."""

    def __init__(self, functions: Mapping[str, Function], run: RunByHand) -> None:
        self._functions = {name.lower(): function for name, function in functions.items()}
        self._run = run
        self._running: set[asyncio.Task[None]] = set()

    def answer(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, level: Level
    ) -> Answer:
        """The answer for a caller whose key opens `level`. Ping is open, as in the real host."""
        parts = path.strip("/").split("/")[1:]
        if parts == ["host", "ping"] and method in ("GET", "POST"):
            return Answer(200)
        match level:
            case Level.ANONYMOUS:
                return Answer(401, (("WWW-Authenticate", "Bearer"),))
            case Level.FUNCTION:
                return Answer(403)
        match method, parts:
            case "GET", ["host", "status"]:
                return _json({"id": "local", "state": "Running", "version": VERSION})
            case "GET", ["functions"]:
                return _json([_describe(one) for one in self._functions.values()])
            case "GET", ["functions", name] if name.lower() in self._functions:
                return _json(_describe(self._functions[name.lower()]))
            case "POST", ["functions", name]:
                return self._start(name, headers, body)
        return NOT_FOUND

    @property
    def running(self) -> frozenset[asyncio.Task[None]]:
        """The runs that were started by hand and are not over."""
        return frozenset(self._running)

    def _start(self, name: str, headers: Mapping[str, str], body: bytes) -> Answer:
        function = self._functions.get(name.lower())
        if function is None:
            return NOT_FOUND
        if "content-type" not in headers:
            return Answer(415)
        try:
            text = _input(body)
        except ValueError:
            return Answer(400)
        task = asyncio.create_task(self._run_logged(function, text))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return Answer(202)

    async def _run_logged(self, function: Function, text: str) -> None:
        try:
            await self._run(function, text)
        except Exception:
            logger.exception("the run of '%s' by hand did not start", function.name)


def _input(body: bytes) -> str:
    request = json.loads(body)
    if not isinstance(request, dict):
        raise ValueError("not an object")
    given = request.get("input")
    if isinstance(given, dict | list):
        raise ValueError("'input' must be a string")
    return "" if given is None else str(given)


def _describe(function: Function) -> dict[str, Any]:
    return {
        "name": function.name,
        "isDisabled": False,
        "language": "python",
        "config": {"name": function.name, "bindings": function.bindings},
    }


def _json(value: object) -> Answer:
    body = json.dumps(value).encode()
    return Answer(200, (("Content-Type", "application/json; charset=utf-8"),), body)

"""Whether the application is up: asked by people, probes and deployments."""

import asyncio
import logging
from typing import Final, Literal

import azure.functions as func
import msgspec

from functions.endpoint import Call
from functions.route import Route
from wiring import Application, Dependency

logger = logging.getLogger(__name__)

PATIENCE: Final = 3.0
"""Seconds after which a dependency that does not answer counts as down."""


ROUTE: Final = Route("health", "GET", "health", "anyone")

type UpOrDown = Literal["up", "down"]


class Health(msgspec.Struct, frozen=True):
    """Down as a whole when something is down that commands need."""

    status: UpOrDown
    build: str
    dependencies: dict[str, UpOrDown]


def blueprint(application: Application) -> func.Blueprint:
    """`GET /health`, open to everybody: it names no address and no error."""
    health = func.Blueprint()

    async def answer(call: Call) -> func.HttpResponse:
        names, dependencies = zip(*application.dependencies.items(), strict=True)
        up = dict(zip(names, await asyncio.gather(*map(_is_up, names, dependencies)), strict=True))
        ready = all(up[n] for n, d in application.dependencies.items() if d.commands_need_it)
        body = Health(
            status="up" if ready else "down",
            build=application.version,
            dependencies={name: "up" if up[name] else "down" for name in up},
        )
        return call.answer(body, status=200 if ready else 503)

    ROUTE.serve(health, answer, application)
    return health


async def _is_up(name: str, dependency: Dependency) -> bool:
    try:
        await asyncio.wait_for(dependency.check(), PATIENCE)
    except Exception:
        logger.warning("%s is down", name, exc_info=True)
        return False
    return True

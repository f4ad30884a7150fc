"""Whether the application is up: asked by people, probes and deployments."""

import asyncio
import logging
from typing import Final

import azure.functions as func

from functions.endpoint import Call, endpoint
from wiring import Application, Dependency

logger = logging.getLogger(__name__)

PATIENCE: Final = 3.0
"""Seconds after which a dependency that does not answer counts as down."""


def blueprint(application: Application) -> func.Blueprint:
    """`GET /health`, open to everybody: it names no address and no error."""
    health = func.Blueprint()

    async def answer(call: Call) -> func.HttpResponse:
        names, dependencies = zip(*application.dependencies.items(), strict=True)
        up = dict(zip(names, await asyncio.gather(*map(_is_up, names, dependencies)), strict=True))
        ready = all(up[n] for n, d in application.dependencies.items() if d.commands_need_it)
        body = {
            "status": "up" if ready else "down",
            "build": application.version,
            "dependencies": {name: "up" if up[name] else "down" for name in up},
        }
        return call.answer(body, status=200 if ready else 503)

    health.function_name("health")(
        health.route("health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)(
            endpoint(answer)
        )
    )
    return health


async def _is_up(name: str, dependency: Dependency) -> bool:
    try:
        await asyncio.wait_for(dependency.check(), PATIENCE)
    except Exception:
        logger.warning("%s is down", name, exc_info=True)
        return False
    return True

"""Operations on projections: how far they are, rebuilds, dead letters. For administrators."""

import asyncio
from collections.abc import Iterable
from typing import Any, Final

import azure.functions as func
import msgspec

from functions.endpoint import Answer, Call, admin_level, endpoint
from projections.dead_letters import DeadLetter
from projections.projection import Projection, UnknownProjection
from wiring import Application

ROOT: Final = "operations"
REBUILD_WORKERS: Final = 4
"""Ranges of the feed that a rebuild reads side by side."""


def blueprint(application: Application, projections: Iterable[Projection]) -> func.Blueprint:
    """`/operations/…`, each with the host's admin level where keys are in use."""
    operations = Operations(
        application, {projection.name: projection for projection in projections}
    )
    level = admin_level(application.settings.http_auth)
    routes: list[tuple[str, str, str, Answer]] = [
        ("GET", "projections", "list_projections", operations.projections),
        ("POST", "projections/{name}/rebuild", "start_rebuild", operations.start_rebuild),
        ("GET", "projections/{name}/rebuild", "get_rebuild", operations.rebuild),
        ("GET", "dead-letters", "list_dead_letters", operations.dead_letters),
        ("POST", "dead-letters/{id}/replay", "replay_dead_letter", operations.replay),
    ]
    functions = func.Blueprint()
    for method, route, name, answer in routes:
        functions.function_name(name)(
            functions.route(f"{ROOT}/{route}", methods=[method], auth_level=level)(endpoint(answer))
        )
    return functions


class Operations:
    """The answers."""

    def __init__(self, application: Application, projections: dict[str, Projection]) -> None:
        self._application = application
        self._projections = projections

    async def projections(self, call: Call) -> func.HttpResponse:
        states = await asyncio.gather(*map(self._state, self._projections.values()))
        return call.answer({"projections": states})

    async def _state(self, projection: Projection) -> dict[str, Any]:
        application = self._application
        generations, lag = await asyncio.gather(
            application.generations.read(projection), application.lag_meter.measure(projection)
        )
        parked = await application.dead_letters.parked(projection.name, generations.live)
        return {
            "name": projection.name,
            "consumerGroup": projection.group,
            "generation": generations.live,
            "newestEventApplied": lag.newest,
            "lag": {"seconds": lag.seconds, "events": lag.events, "atLeast": lag.at_least},
            "parked": sorted(parked),
        }

    async def start_rebuild(self, call: Call) -> func.HttpResponse:
        projection = self._projection(call)
        await self._application.rebuilder.start(projection, REBUILD_WORKERS)
        progress = await self._application.rebuilder.progress(projection)
        return call.answer(progress, status=202, headers={"Location": call.path})

    async def rebuild(self, call: Call) -> func.HttpResponse:
        return call.answer(await self._application.rebuilder.progress(self._projection(call)))

    def _projection(self, call: Call) -> Projection:
        name = call.request.route_params["name"]
        if name not in self._projections:
            raise UnknownProjection(name)
        return self._projections[name]

    async def dead_letters(self, call: Call) -> func.HttpResponse:
        letters = await self._application.replayer.all()
        return call.answer({"deadLetters": [_shown(letter) for letter in letters]})

    async def replay(self, call: Call) -> func.HttpResponse:
        id_ = call.request.route_params["id"]
        healed = await self._application.replayer.replay(id_)
        return call.answer({"id": id_, "healed": healed})


def _shown(letter: DeadLetter) -> dict[str, Any]:
    """A record without the message that it keeps: that may hold anything."""
    shown = msgspec.to_builtins(letter)
    shown.pop("body", None)
    return dict(shown)

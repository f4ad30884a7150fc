"""Operations on projections: how far they are, rebuilds, dead letters. For administrators."""

import asyncio
from collections.abc import Iterable
from typing import Final, Literal

import azure.functions as func
import msgspec

from domain.values import Moment
from functions.endpoint import Answer, Call
from functions.route import Route
from projections.dead_letters import DeadLetter
from projections.projection import Projection, UnknownProjection
from wiring import Application

REBUILD_WORKERS: Final = 4
"""Ranges of the feed that a rebuild reads side by side."""

LIST_PROJECTIONS: Final = Route("list_projections", "GET", "operations/projections", "operator")
START_REBUILD: Final = Route(
    "start_rebuild", "POST", "operations/projections/{name}/rebuild", "operator"
)
GET_REBUILD: Final = Route("get_rebuild", "GET", START_REBUILD.path, "operator")
LIST_DEAD_LETTERS: Final = Route("list_dead_letters", "GET", "operations/dead-letters", "operator")
REPLAY_DEAD_LETTER: Final = Route(
    "replay_dead_letter", "POST", "operations/dead-letters/{id}/replay", "operator"
)


class Lag(msgspec.Struct, frozen=True, rename="camel"):
    """Events that are not applied yet, and the age in seconds of the oldest of them; `atLeast` where
    there are more than were counted."""

    seconds: float
    events: int
    at_least: bool


class ProjectionState(msgspec.Struct, frozen=True, rename="camel"):
    """A projection: its live generation, the newest event that it has applied, how far it is behind, and
    the aggregates that it could not digest."""

    name: str
    consumer_group: str
    generation: int
    newest_event_applied: Moment | None
    lag: Lag
    parked: list[str]


class ProjectionStates(msgspec.Struct, frozen=True):
    projections: list[ProjectionState]


class ListedLetter(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A dead letter without the message that it keeps: that may hold anything."""

    id: str
    projection: str
    kind: Literal["parked", "unreadable"]
    error: str
    at: Moment
    aggregate_id: str | None = None
    generation: int | None = None
    partition: str | None = None
    sequence_number: int | None = None


class ListedLetters(msgspec.Struct, frozen=True, rename="camel"):
    dead_letters: list[ListedLetter]


class Replayed(msgspec.Struct, frozen=True):
    id: str
    healed: bool


def blueprint(application: Application, projections: Iterable[Projection]) -> func.Blueprint:
    """`/operations/…`, each with the host's admin level where keys are in use."""
    operations = Operations(
        application, {projection.name: projection for projection in projections}
    )
    answers: dict[Route, Answer] = {
        LIST_PROJECTIONS: operations.projections,
        START_REBUILD: operations.start_rebuild,
        GET_REBUILD: operations.rebuild,
        LIST_DEAD_LETTERS: operations.dead_letters,
        REPLAY_DEAD_LETTER: operations.replay,
    }
    functions = func.Blueprint()
    for route, answer in answers.items():
        route.serve(functions, answer, application)
    return functions


class Operations:
    """The answers."""

    def __init__(self, application: Application, projections: dict[str, Projection]) -> None:
        self._application = application
        self._projections = projections

    async def projections(self, call: Call) -> func.HttpResponse:
        states = await asyncio.gather(*map(self._state, self._projections.values()))
        return call.answer(ProjectionStates(list(states)))

    async def _state(self, projection: Projection) -> ProjectionState:
        application = self._application
        generations, lag = await asyncio.gather(
            application.generations.read(projection), application.lag_meter.measure(projection)
        )
        parked = await application.dead_letters.parked(projection.name, generations.live)
        return ProjectionState(
            name=projection.name,
            consumer_group=projection.group,
            generation=generations.live,
            newest_event_applied=lag.newest,
            lag=Lag(lag.seconds, lag.events, lag.at_least),
            parked=sorted(parked),
        )

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
        return call.answer(ListedLetters([_shown(letter) for letter in letters]))

    async def replay(self, call: Call) -> func.HttpResponse:
        id_ = call.request.route_params["id"]
        healed = await self._application.replayer.replay(id_)
        return call.answer(Replayed(id_, healed))


def _shown(letter: DeadLetter) -> ListedLetter:
    return msgspec.convert(letter, ListedLetter, from_attributes=True)

"""`GET /commands/{correlationId}`: what a command stored, and which projections have it already."""

import asyncio
from collections.abc import Iterable
from typing import Any, Final, Literal

import azure.functions as func
import msgspec

from domain.aggregate import AggregateNotFound
from domain.events import Recorded
from functions.endpoint import Call
from functions.requests import Version
from functions.route import Route
from projections.arrivals import seen
from projections.engine import grouped
from projections.projection import Projection
from wiring import Application

type Status = Literal["applied", "pending", "parked"]

WORST_FIRST: tuple[Status, ...] = ("parked", "pending", "applied")


ROUTE: Final = Route("get_command", "GET", "commands/{correlationId}")


class CorrelatedEvent(msgspec.Struct, frozen=True, rename="camel"):
    aggregate_id: str
    version: Version
    event_type: str


class CommandStatus(msgspec.Struct, frozen=True, rename="camel"):
    """What was stored under a correlation id, and how far the projections are with it, by consumer group."""

    correlation_id: str
    events: list[CorrelatedEvent]
    projections: dict[str, Status]


def blueprint(application: Application, projections: Iterable[Projection]) -> func.Blueprint:
    status = func.Blueprint()
    projections = tuple(projections)

    async def read(call: Call) -> func.HttpResponse:
        correlation_id = call.request.route_params["correlationId"]
        events = await application.event_store.correlated(correlation_id)
        if not events:
            raise AggregateNotFound("Correlation", correlation_id)
        statuses = await asyncio.gather(*(_status(application, p, events) for p in projections))
        by_group: dict[str, Status] = {}
        for projection, found in zip(projections, statuses, strict=True):
            if found:
                seen_before = by_group.get(projection.group, "applied")
                by_group[projection.group] = min(found, seen_before, key=WORST_FIRST.index)
        return call.answer(
            CommandStatus(correlation_id, [_event(event) for event in events], by_group)
        )

    ROUTE.serve(status, read, application)
    return status


async def _status(
    application: Application, projection: Projection, events: list[Recorded[Any]]
) -> Status | None:
    """How far a projection is with the events; None where they are not its business."""
    newest = {id_: group[-1].version for id_, group in grouped(seen(projection, events)).items()}
    if not newest:
        return None
    versions = await application.lag_meter.versions(projection, list(newest))
    behind = {id_ for id_, version in newest.items() if versions.get(id_, version) < version}
    if not behind:
        return "applied"
    live = (await application.generations.read(projection)).live
    parked = await application.dead_letters.parked(projection.name, live)
    return "parked" if behind & parked else "pending"


def _event(event: Recorded[Any]) -> CorrelatedEvent:
    return CorrelatedEvent(event.aggregate_id, event.version, type(event.data).__name__)

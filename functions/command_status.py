"""`GET /commands/{correlationId}`: what a command stored, and which projections have it already."""

import asyncio
from collections.abc import Iterable
from typing import Any, Literal

import azure.functions as func

from domain.aggregate import AggregateNotFound
from domain.events import Recorded
from functions.endpoint import Call, endpoint
from projections.engine import grouped
from projections.projection import Projection
from projections.reconcile import seen
from wiring import Application

type Status = Literal["applied", "pending", "parked"]

WORST_FIRST: tuple[Status, ...] = ("parked", "pending", "applied")


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
            {
                "correlationId": correlation_id,
                "events": [_event(event) for event in events],
                "projections": by_group,
            }
        )

    status.function_name("get_command")(
        status.route("commands/{correlationId}", methods=["GET"])(endpoint(read))
    )
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


def _event(event: Recorded[Any]) -> dict[str, Any]:
    return {
        "aggregateId": event.aggregate_id,
        "version": event.version,
        "eventType": type(event.data).__name__,
    }

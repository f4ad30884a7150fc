"""Everything that happened, one entry per event: who, what, when, on which command's account."""

from typing import Any

from domain.events import Recorded
from domain.registry import AGGREGATES
from projections.projection import Journal


def entry(recorded: Recorded[Any]) -> dict[str, Any]:
    """What happened and who did it; not what was said: the event store alone has that."""
    return {
        "eventId": recorded.event_id,
        "eventType": type(recorded.data).__name__,
        "timestamp": recorded.timestamp,
        "userId": recorded.metadata.user_id,
        "correlationId": recorded.metadata.correlation_id,
        "commandId": recorded.metadata.causation_id,
    }


AUDIT_LOG = Journal(
    name="audit_log",
    container="audit_log",
    group="audit_projector",
    follows=AGGREGATES,
    entry=entry,
)

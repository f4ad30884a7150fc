"""Notifications: every event of every aggregate as a CloudEvent 1.0, without what is sensitive in it."""

from typing import Any, Final

import msgspec

from domain.events import Recorded
from domain.registry import AGGREGATES
from domain.values import to_json
from privacy.fields import public
from projections.projection import Message, Post, Reaction

SOURCE: Final = "urn:azure-event-sourcing"
"""Where the events come from; with the id it is unique. A product of its own has a URI of its own."""

MEDIA_TYPE: Final = "application/cloudevents+json"
"""Structured content mode: the whole event in the body ("HTTP Protocol Binding for CloudEvents", 3.2)."""


def cloud_event(recorded: Recorded[Any]) -> dict[str, Any]:
    """The event in the JSON format of CloudEvents 1.0. Of its context only ids that name no person."""
    event, metadata = recorded.data, recorded.metadata
    trace = {"traceparent": metadata.traceparent} if metadata.traceparent else {}
    return {
        "specversion": "1.0",
        "id": recorded.event_id,
        "source": SOURCE,
        "type": type(event).__name__,
        "subject": recorded.aggregate_id,
        "time": recorded.timestamp,
        "datacontenttype": "application/json",
        "version": recorded.version,
        "schemaversion": type(event).schema_version,
        "correlationid": metadata.correlation_id,
        **trace,
        "data": {name: value for name, value in public(event).items() if value is not None},
    }


async def react(recorded: Recorded[Any], post: Post) -> None:
    body = msgspec.json.encode(cloud_event(recorded), enc_hook=to_json)
    await post(Message(recorded.event_id, MEDIA_TYPE, body))


NOTIFICATION_HANDLER = Reaction(
    name="notification_handler",
    container="notification_state",
    group="notification_handler",
    follows=AGGREGATES,
    react=react,
)

"""Functions that are fed or set off: their runs and the events that they handle, as spans."""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, Literal

from opentelemetry.trace import SpanKind

from domain.events import Recorded
from event_store.archive import is_stub
from telemetry.correlation import correlated
from telemetry.tracing import Attributes, handling, invocation

SYSTEM: Final = "eventhubs"


@contextmanager
def run(
    name: str,
    trigger: Literal["timer", "datasource", "pubsub"],
    attributes: Attributes | None = None,
) -> Iterator[None]:
    """A function's run, with a correlation id of its own."""
    with correlated(str(uuid.uuid4())), invocation(name, trigger, attributes=attributes):
        yield


@contextmanager
def forwarding(hub: str, documents: Iterable[Mapping[str, Any]]) -> Iterator[None]:
    """A batch of the change feed on its way to the hub ("Semantic conventions for messaging spans": each
    message has a span of the one that sends it)."""
    events = ((_traceparent(document), _of_document(document)) for document in documents)
    with handling(f"send {hub}", SpanKind.PRODUCER, _messaging(hub, "send"), events):
        yield


@contextmanager
def projecting(
    hub: str, group: str, projection: str, events: Iterable[Recorded[Any]]
) -> Iterator[None]:
    """Events on their way into a projection."""
    attributes = {
        **_messaging(hub, "process"),
        "messaging.consumer.group.name": group,
        "projection": projection,
    }
    traced = ((event.metadata.traceparent, _of_event(event)) for event in events)
    with handling(f"process {hub}", SpanKind.CONSUMER, attributes, traced):
        yield


def _messaging(hub: str, operation: Literal["send", "process"]) -> dict[str, str]:
    return {
        "messaging.system": SYSTEM,
        "messaging.destination.name": hub,
        "messaging.operation.name": operation,
        "messaging.operation.type": operation,
    }


def _traceparent(document: Mapping[str, Any]) -> str | None:
    """The trace of what the change feed hands over; none for what is no event."""
    metadata = document.get("metadata")
    if is_stub(document) or not isinstance(metadata, Mapping):
        return None
    traceparent = metadata.get("traceparent")
    return traceparent if isinstance(traceparent, str) else None


def _of_document(document: Mapping[str, Any]) -> dict[str, str | int]:
    return {
        "aggregate.type": str(document.get("aggregateType")),
        "aggregate.id": str(document.get("aggregateId")),
        "aggregate.version": document.get("version") or 0,
        "event.type": str(document.get("eventType")),
    }


def _of_event(event: Recorded[Any]) -> dict[str, str | int]:
    return {
        "aggregate.id": event.aggregate_id,
        "aggregate.version": event.version,
        "event.type": type(event.data).__name__,
    }

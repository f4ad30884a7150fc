"""The stored form of an event, and the only codec between it and the code."""

import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from domain.aggregate import Aggregate
from domain.events import Context, Event, Recorded
from domain.upcasting import upcast
from domain.values import from_json, to_json
from event_store.errors import DamagedEvent, UnreadableEvent
from privacy.sealing import without_sealed

EVENT_IDS: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:azure-event-sourcing:event")


class Head(msgspec.Struct, frozen=True):
    """All that an append needs of the past: version, timestamp and hash of the newest event."""

    version: int = 0
    timestamp: str = ""
    hash: str | None = None


def head_of(recorded: Recorded[Any]) -> Head:
    return Head(recorded.version, recorded.timestamp, recorded.hash)


def document_id(version: int) -> str:
    """The document id of a version: Cosmos DB itself refuses a second event there."""
    return f"{version:012d}"


def event_id(stream: str, command_id: str, index: int) -> str:
    """The id of a command's n-th event (from 0): the same on every retry of the command."""
    return str(uuid.uuid5(EVENT_IDS, f"{stream}\n{command_id}\n{index}"))


def timestamp(moment: datetime) -> str:
    """UTC as RFC 3339 with six decimals and Z, so that text sorts as time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def recorded[E: Event](document: Mapping[str, Any], event: E, context: Context) -> Recorded[E]:
    """An event as recorded by the document that was just made of it: what decoding that would give."""
    return Recorded(
        aggregate_id=document["aggregateId"],
        version=document["version"],
        event_id=document["eventId"],
        timestamp=document["timestamp"],
        data=event,
        metadata=context,
        hash=document["hash"],
    )


def parse(body: bytes) -> dict[str, Any]:
    """A hub message as a stored event, not decoded. Raises DamagedEvent."""
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DamagedEvent(f"a message of {len(body)} bytes is no JSON") from error
    if isinstance(document, dict) and isinstance(document.get("aggregateType"), str):
        return document
    raise DamagedEvent(f"a message of {len(body)} bytes is no event")


class Codec:
    """Events to documents and back, for the registered aggregates."""

    def __init__(self, aggregates: Iterable[Aggregate[Any, Any, Any]]) -> None:
        self._types: dict[tuple[str, str], type[Event]] = {}
        self._owners: dict[type[Event], str] = {}
        for aggregate in aggregates:
            for kind in aggregate.events:
                self._types[aggregate.name, kind.__name__] = kind
                self._owners[kind] = aggregate.name

    def owner(self, event: Event) -> str:
        """The name of the aggregate that an event is of."""
        return self._owners[type(event)]

    def encode(
        self, stream: str, head: Head, events: Iterable[Event], context: Context, now: datetime
    ) -> list[dict[str, Any]]:
        """The documents that append events after a head, in order: neither sealed nor chained yet."""
        moment = max(timestamp(now), head.timestamp)
        return [
            self._document(stream, head.version + index + 1, event, index, context)
            | {"timestamp": moment}
            for index, event in enumerate(events)
        ]

    def _document(
        self, stream: str, version: int, event: Event, index: int, context: Context
    ) -> dict[str, Any]:
        return {
            "id": document_id(version),
            "aggregateId": stream,
            "aggregateType": self.owner(event),
            "version": version,
            "eventId": event_id(stream, context.causation_id, index),
            "eventType": type(event).__name__,
            "schemaVersion": type(event).schema_version,
            "userId": context.user_id,
            "data": msgspec.to_builtins(event, enc_hook=to_json),
            "metadata": msgspec.to_builtins(context),
            "commandKey": f"{context.causation_id}:{index}",
        }

    def decode(self, document: Mapping[str, Any]) -> Recorded[Any]:
        """A stored event in its newest shape, without what is sealed in it.

        Raises UnreadableEvent where the code knows it not.
        """
        where = f"event {document.get('version')} of '{document.get('aggregateId')}'"
        try:
            stored = msgspec.convert(without_sealed(document), _Stored)
        except msgspec.ValidationError as error:
            raise DamagedEvent(f"{where} is damaged: {error}") from error
        kind = self._types.get((stored.aggregate_type, stored.event_type))
        if kind is None:
            raise UnreadableEvent(
                f"{where}: {stored.aggregate_type}.{stored.event_type} is not registered "
                "(domain/registry.py); is this an older version of the application?"
            )
        return Recorded(
            aggregate_id=stored.aggregate_id,
            version=stored.version,
            event_id=stored.event_id,
            timestamp=stored.timestamp,
            data=_data(kind, stored, where),
            metadata=stored.metadata,
            hash=stored.hash,
        )


class _Stored(msgspec.Struct, frozen=True, rename="camel"):
    """The envelope, as far as it is read."""

    aggregate_id: str
    aggregate_type: str
    version: int
    event_id: str
    event_type: str
    schema_version: int
    timestamp: str
    data: dict[str, Any]
    metadata: Context
    hash: str


def _data(kind: type[Event], stored: _Stored, where: str) -> Event:
    if stored.schema_version > kind.schema_version:
        raise UnreadableEvent(
            f"{where}: schema version {stored.schema_version} of {kind.__name__} is newer than "
            f"{kind.schema_version}, the newest that this version of the application knows"
        )
    try:
        newest = upcast(kind.__name__, stored.data, stored.schema_version, kind.schema_version)
        return msgspec.convert(newest, kind, dec_hook=from_json)
    except (KeyError, msgspec.ValidationError) as error:
        raise DamagedEvent(f"{where}: {kind.__name__} cannot be read: {error!r}") from error

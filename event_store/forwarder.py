"""The change feed to Event Hubs: every stored event, byte for byte, in order per aggregate, at least once.

The Cosmos DB trigger hands over altered documents: it parses and rewrites strings that look like dates
(azure-functions-host issue 7114). The hash that every event carries tells which; those are read again.
"""

import logging
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Protocol

from event_store.archive import is_stub
from event_store.chain import is_intact_body
from event_store.documents import timestamp
from event_store.publisher import Outgoing, outgoing

logger = logging.getLogger(__name__)

ENVELOPE: Final = {
    "aggregateId": str,
    "aggregateType": str,
    "version": int,
    "eventId": str,
    "eventType": str,
    "schemaVersion": int,
    "timestamp": str,
}
"""What a document must have to be carried at all."""

TIMESTAMP: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
"""A timestamp as it is stored."""

type Document = dict[str, Any]


class StoredDocuments(Protocol):
    """The part of the event store that the forwarder reads again."""

    async def documents(self, stream: str, first: int, last: int) -> list[Document]: ...


class Publisher(Protocol):
    """Carries stored events to the hub. Raises when any of them was not accepted."""

    async def publish(self, events: Sequence[Outgoing]) -> None: ...


class Forwarder:
    """Brings a batch of the change feed to the hub, or fails as a whole so that the feed is retried."""

    def __init__(self, store: StoredDocuments, publisher: Publisher) -> None:
        self._store = store
        self._publisher = publisher

    async def forward(self, handed_over: Iterable[Mapping[str, Any]]) -> None:
        """Publishes the events of a feed batch, as stored, sorted by stream and version.

        Stubs are left out: only what was forwarded is archived.

        Raises what the store and the publisher raise; then the whole batch must come again.
        """
        events = [outgoing(_restored(document)) for document in handed_over if _is_event(document)]
        altered = [one.event for one in events if not _is_intact(one)]
        stored = await self._stored(altered)
        events = [stored.get(_key(one.event), one) for one in events]
        events.sort(key=lambda one: _key(one.event))
        await self._publisher.publish(events)

    async def _stored(
        self, altered: Sequence[Mapping[str, Any]]
    ) -> dict[tuple[str, int], Outgoing]:
        """The altered documents as the store has them: one query per stream."""
        versions: defaultdict[str, list[int]] = defaultdict(list)
        for document in altered:
            versions[document["aggregateId"]].append(document["version"])
        found: dict[tuple[str, int], Outgoing] = {}
        for stream, wanted in versions.items():
            for document in await self._store.documents(stream, min(wanted), max(wanted)):
                found[_key(document)] = outgoing(document)
        for key in map(_key, altered):
            if key not in found or not _is_intact(found[key]):
                logger.error(
                    "Event %s of '%s' does not match its own hash; forwarded as it is stored.",
                    key[1],
                    key[0],
                )
        return found


def _key(document: Mapping[str, Any]) -> tuple[str, int]:
    return document["aggregateId"], document["version"]


def _is_event(document: Mapping[str, Any]) -> bool:
    """Nothing but events and their stubs belongs into the container; what else is found there is named
    and left."""
    if is_stub(document):
        return False
    if all(isinstance(document.get(name), kind) for name, kind in ENVELOPE.items()):
        return True
    logger.error("Document '%s' in the event store is no event.", document.get("id"))
    return False


def _is_intact(outgoing: Outgoing) -> bool:
    return is_intact_body(outgoing.body, outgoing.event.get("hash"))


def _restored(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The document, its timestamp in its one form again: the trigger drops zeros at its end."""
    given = document["timestamp"]
    if TIMESTAMP.fullmatch(given):
        return document
    try:
        return {**document, "timestamp": timestamp(datetime.fromisoformat(given))}
    except ValueError:
        logger.warning("Event %s of '%s' has no readable timestamp.", *reversed(_key(document)))
        return document

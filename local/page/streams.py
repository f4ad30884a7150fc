"""The streams of the event store, as far as the documents themselves tell of them."""

import asyncio
from itertools import islice
from typing import Any, Final

import msgspec

from local.cosmos import Cosmos

CONTAINER: Final = "events"
PAGE: Final = 500
"""Documents that are read before other requests have their turn."""


class Stream(msgspec.Struct, frozen=True, rename="camel"):
    """A stream: its version is that of its newest event, of which the rest tells."""

    id: str
    version: int
    event_type: str
    timestamp: str


class Listing(msgspec.Struct, frozen=True):
    """Some streams, the one with the newest event first; how many streams and events there are in all."""

    total: int
    events: int
    streams: list[Stream]


class History(msgspec.Struct, frozen=True):
    """Events of one stream as they are stored, without Cosmos DB's own fields, in the order of versions."""

    id: str
    events: list[dict[str, Any]]


class _Head(msgspec.Struct, rename="camel"):
    """What a list needs of an event; what stands in an archived one's place has less of it."""

    aggregate_id: str
    version: int
    event_type: str = ""
    timestamp: str = ""


class Streams:
    """Follows the container by its transactions: each event is read once, however often somebody looks."""

    def __init__(self, cosmos: Cosmos, database: str) -> None:
        self._inspection = cosmos.inspection
        self._database = database
        self._streams: dict[str, Stream] = {}
        self._events = 0
        self._lsn = 0
        self._one_follows = asyncio.Lock()

    async def listing(self, text: str, limit: int) -> Listing:
        """The streams whose ids contain a text in any case, `limit` of them at the most."""
        async with self._one_follows:
            await self._catch_up()
        newest_first = reversed(self._streams.values())
        found = (stream for stream in newest_first if text.lower() in stream.id.lower())
        return Listing(len(self._streams), self._events, list(islice(found, limit)))

    def history(self, stream: str, after: int, limit: int) -> History:
        """The events after a version, `limit` of them at the most; none for a stream that is not there.

        An event's document has its version as id, padded to 12 digits.
        """
        found = self._inspection.partition(
            self._database, CONTAINER, stream, f"{after:012d}", limit
        )
        return History(stream, [_as_written(body) for body in found])

    async def _catch_up(self) -> None:
        more = True
        while more:
            more = self._follow()
            await asyncio.sleep(0)

    def _follow(self) -> bool:
        """Takes in what was written since; whether there was anything."""
        changes = self._inspection.changes(self._database, CONTAINER, self._lsn, PAGE)
        heads = [(one.lsn, msgspec.json.decode(one.body, type=_Head)) for one in changes]
        for _, head in sorted(heads, key=lambda one: (one[0], one[1].version)):
            self._take_in(head)
        if changes:
            self._lsn = changes[-1].lsn
        return bool(changes)

    def _take_in(self, head: _Head) -> None:
        """A document that was written again, as archiving does, is no news of its stream."""
        known = self._streams.get(head.aggregate_id)
        version = 0 if known is None else known.version
        if head.version <= version:
            return
        self._events += head.version - version
        self._streams.pop(head.aggregate_id, None)
        self._streams[head.aggregate_id] = Stream(
            head.aggregate_id, head.version, head.event_type, head.timestamp
        )


def _as_written(body: str) -> dict[str, Any]:
    document = msgspec.json.decode(body, type=dict[str, Any])
    return {name: value for name, value in document.items() if not name.startswith("_")}

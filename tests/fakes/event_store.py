"""An event store in memory, as strict as the real one: atomic, conditional, and as unreliable as a test wants."""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import Any

import msgspec

from domain.aggregate import Aggregate
from domain.events import Context, Event, Recorded
from event_store.chain import chained
from event_store.documents import Codec, Head
from event_store.errors import (
    AppendFailed,
    HeadAhead,
    OutcomeUnknown,
    StoreUnavailable,
    VersionTaken,
)
from event_store.store import refuse_too_large
from tests.fakes.keys import sealer

type Document = dict[str, Any]


class Fault(Enum):
    """What becomes of one append."""

    VERSION_TAKEN = auto()
    HEAD_AHEAD = auto()
    LOST_BEFORE = auto()
    """The connection breaks; the batch never arrives."""
    LOST_AFTER = auto()
    """The connection breaks; the batch was committed."""
    LATE = auto()
    """The connection breaks; the batch arrives before whatever is asked next."""
    UNAVAILABLE = auto()


async def at_once() -> None:
    """Gives the others a turn."""
    await asyncio.sleep(0)


class FakeEventStore:
    """Streams of documents. `faults` become of the next appends, None where one is to succeed.

    `turn` is awaited within every operation: there others may go first. `requests` names what was asked.
    """

    def __init__(
        self, *aggregates: Aggregate[Any, Any, Any], turn: Callable[[], Awaitable[None]] = at_once
    ) -> None:
        self.codec = Codec(aggregates)
        self.sealer = sealer()
        self.streams: defaultdict[str, list[Document]] = defaultdict(list)
        self.faults: deque[Fault | None] = deque()
        self.requests: list[str] = []
        self.now = datetime(2026, 11, 1, tzinfo=UTC)
        self.unreadable: Exception | None = None
        self._turn = turn
        self._late: deque[tuple[str, Head, list[Document]]] = deque()

    async def append(
        self,
        stream: str,
        head: Head,
        events: Sequence[Event],
        context: Context,
        subject: str | None = None,
    ) -> list[Recorded[Any]]:
        self.requests.append("append")
        fault = self.faults.popleft() if self.faults else None
        self.now += timedelta(seconds=1)
        plain = self.codec.encode(stream, head, events, context, self.now)
        await self.sealer.seal(plain, events, subject)
        documents = chained(plain, head.hash)
        refuse_too_large(documents)
        try:
            await self._carry(stream, head, documents, fault)
        except AppendFailed as error:
            error.attempted = documents[0]["hash"]
            raise
        return [self.codec.decode(document) for document in documents]

    async def _carry(
        self, stream: str, head: Head, documents: list[Document], fault: Fault | None
    ) -> None:
        await self._turn()
        self._arrive()
        match fault:
            case Fault.VERSION_TAKEN:
                raise VersionTaken("injected")
            case Fault.HEAD_AHEAD:
                raise HeadAhead("injected")
            case Fault.UNAVAILABLE:
                raise StoreUnavailable("injected")
            case Fault.LATE:
                self._late.append((stream, head, documents))
            case None | Fault.LOST_AFTER:
                self._commit(stream, head, documents)
        await self._turn()
        if fault is not None:
            raise OutcomeUnknown("injected")

    async def read(
        self,
        stream: str,
        after: int = 0,
        *,
        until: int | None = None,
        as_of: str | None = None,
        command_id: str | None = None,
    ) -> AsyncIterator[Recorded[Any]]:
        self.requests.append("read")
        await self._turn()
        self._arrive()
        if self.unreadable:
            raise self.unreadable
        for document in list(self.streams[stream]):
            wanted = document["version"] > after
            wanted &= until is None or document["version"] <= until
            wanted &= as_of is None or document["timestamp"] <= as_of
            if wanted or document["metadata"]["causationId"] == command_id:
                yield self.codec.decode(document)

    async def documents(self, stream: str, first: int, last: int) -> list[Document]:
        self.requests.append("documents")
        await self._turn()
        self._arrive()
        return [d for d in self.streams[stream] if first <= d["version"] <= last]

    async def ping(self) -> None:
        self.requests.append("ping")

    def recorded(self, stream: str) -> list[Recorded[Any]]:
        """What a stream holds, for a test to look at."""
        return [self.codec.decode(document) for document in self.streams[stream]]

    def forget_requests(self) -> None:
        self.requests.clear()

    def _arrive(self) -> None:
        while self._late:
            stream, head, documents = self._late.popleft()
            try:
                self._commit(stream, head, documents)
            except (VersionTaken, HeadAhead):
                continue

    def _commit(self, stream: str, head: Head, documents: Sequence[Document]) -> None:
        """All or none, in the order in which the batch's operations are tried."""
        there = self.streams[stream]
        versions = {document["version"] for document in there}
        keys = {document["commandKey"] for document in there}
        if head.version and head.version not in versions:
            raise HeadAhead(f"'{stream}' has no event {head.version}")
        for document in documents:
            if document["version"] in versions or document["commandKey"] in keys:
                raise VersionTaken(f"'{stream}' has event {document['version']} or its command")
        there.extend(msgspec.json.decode(msgspec.json.encode(document)) for document in documents)

"""What a projection could not digest: a record for people, never a lock.

A parked aggregate is tried again by each of its later events, by every reconcile and by a replay; success
deletes its record. A message that cannot be read at all is kept as it came.
"""

import hashlib
import re
import time
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from event_store.cosmos_errors import translated
from event_store.documents import timestamp
from projections.documents import query_documents, read_document

if TYPE_CHECKING:
    from azure.cosmos.aio import ContainerProxy

REMEMBERED_SECONDS: Final = 30.0
ID: Final = re.compile(r"[\w-]+\.[0-9a-f]{32}")


class DeadLetter(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A record. `projection` names the projection of a parked aggregate, the consumer group of a message
    that cannot be read. `error` says what was raised and where, never what was in the event."""

    id: str
    projection: str
    kind: Literal["parked", "unreadable"]
    error: str
    at: str
    aggregate_id: str | None = None
    generation: int | None = None
    partition: str | None = None
    sequence_number: int | None = None
    body: bytes | None = None


class DeadLetters:
    """The container `deadletters`."""

    def __init__(
        self, container: "ContainerProxy", clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._container = container
        self._clock = clock
        self._parked: dict[str, tuple[float, set[str]]] = {}

    async def park(
        self, projection: str, generation: int, aggregate_id: str, error: BaseException
    ) -> None:
        """Records that an aggregate's view cannot go on. Raises StoreUnavailable."""
        id_ = parked_id(projection, generation, aggregate_id)
        letter = DeadLetter(
            id=id_,
            projection=projection,
            kind="parked",
            error=described(error),
            at=timestamp(datetime.now(UTC)),
            aggregate_id=aggregate_id,
            generation=generation,
        )
        await self._write(letter)
        (await self._known(projection)).add(id_)

    async def keep_message(
        self, group: str, partition: str, sequence_number: int, body: bytes, error: BaseException
    ) -> None:
        """Keeps a message that cannot be read. Raises StoreUnavailable."""
        await self._write(
            DeadLetter(
                id=_id(group, partition, sequence_number),
                projection=group,
                kind="unreadable",
                error=described(error),
                at=timestamp(datetime.now(UTC)),
                partition=partition,
                sequence_number=sequence_number,
                body=body,
            )
        )

    async def succeeded(self, projection: str, generation: int, aggregate_id: str) -> None:
        """Deletes the record of an aggregate that was parked, if it was. Raises StoreUnavailable."""
        known = await self._known(projection)
        id_ = parked_id(projection, generation, aggregate_id)
        if id_ in known:
            await self.delete(id_)
            known.discard(id_)

    async def delete(self, id_: str) -> None:
        from azure.cosmos.exceptions import CosmosResourceNotFoundError

        with translated("delete a dead letter"), suppress(CosmosResourceNotFoundError):
            await self._container.delete_item(id_, projection_of(id_))

    async def find(self, id_: str) -> DeadLetter | None:
        """A record, if there is one. It may have been written by another process a moment ago: from here
        on this one knows it too, so that success will delete it."""
        if not ID.fullmatch(id_):
            return None
        projection = projection_of(id_)
        document = await read_document(self._container, projection, id_, fresh=True)
        if document is None:
            return None
        (await self._known(projection)).add(id_)
        return msgspec.convert(document, DeadLetter)

    async def of(self, projection: str) -> AsyncIterator[DeadLetter]:
        """All of a projection's, or of a consumer group's, the oldest first."""
        query = "SELECT * FROM c ORDER BY c.at"
        async for document in query_documents(self._container, projection, query, {}, fresh=True):
            yield msgspec.convert(document, DeadLetter)

    async def parked(self, projection: str, generation: int) -> set[str]:
        """The ids of the aggregates that are parked in a generation."""
        return {
            letter.aggregate_id
            async for letter in self.of(projection)
            if letter.generation == generation and letter.aggregate_id
        }

    async def clear(self, projection: str, before: int) -> None:
        """Deletes the records of generations before one. Raises StoreUnavailable."""
        letters = [letter async for letter in self.of(projection)]
        for letter in letters:
            if letter.generation is not None and letter.generation < before:
                await self.delete(letter.id)

    async def _write(self, letter: DeadLetter) -> None:
        with translated("write a dead letter"):
            await self._container.upsert_item(msgspec.to_builtins(letter))

    async def _known(self, projection: str) -> set[str]:
        """The ids of parked records, as of REMEMBERED_SECONDS ago at most: success rarely has one to
        delete, and asking each time would cost a request per batch."""
        until, ids = self._parked.get(projection, (0.0, set()))
        if self._clock() >= until:
            ids = {letter.id async for letter in self.of(projection) if letter.kind == "parked"}
            self._parked[projection] = (self._clock() + REMEMBERED_SECONDS, ids)
        return ids


def parked_id(projection: str, generation: int, aggregate_id: str) -> str:
    return _id(projection, generation, aggregate_id)


def projection_of(id_: str) -> str:
    """The partition of a record: its id begins with it."""
    return id_.rpartition(".")[0]


def described(error: BaseException) -> str:
    """An error by its type, its status and its place; its text may hold what it failed on."""
    origin = error.__cause__ or error
    frames = traceback.extract_tb(origin.__traceback__)
    where = f" at {frames[-1].name}:{frames[-1].lineno}" if frames else ""
    status = f" {origin.status_code}" if hasattr(origin, "status_code") else ""
    return f"{type(origin).__name__}{status}{where}"


def _id(projection: str, *parts: Any) -> str:
    digest = hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()
    return f"{projection}.{digest[:32]}"

"""The durable log: many sends, one commit.

Appends queue up for one writer thread. While it commits a group the next one gathers, so that the price of a
durable commit is shared by all that arrive meanwhile and the event loop never waits for the disk.
"""

import asyncio
import bisect
import contextlib
import logging
import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.event_hubs.amqp.messages import Draft
from local.event_hubs.database import Database
from local.event_hubs.events import StoredEvent, stamped
from local.event_hubs.partition import Partition

logger = logging.getLogger(__name__)

# A group is bounded so that the first of it does not wait for a long queue behind it.
GROUP_APPENDS = 512
READ_EVENTS = 256
READ_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True, eq=False)
class _Append:
    partition: Partition
    drafts: Sequence[Draft]
    done: asyncio.Future[None]


@dataclass(frozen=True, slots=True, eq=False)
class _Trim:
    partition: Partition
    before: int


type _Write = _Append | _Trim


class Log:
    """All partitions' events. `now` answers milliseconds since 1970."""

    def __init__(self, path: Path | None, now: Callable[[], int]) -> None:
        self._now = now
        self._writes = Database(path)
        # In memory there is one database only; in a file readers have their own connection and never wait.
        self._reads = Database(path) if path else self._writes
        self._queue: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._commits = 0
        self._writer = threading.Thread(
            target=self._write_groups, name="event-hubs-log", daemon=True
        )
        self._writer.start()

    @property
    def commits(self) -> int:
        """How many transactions have been committed."""
        return self._commits

    def open_hub(self, name: str, partitions: int) -> tuple[int, list[Partition]]:
        """Create a hub or find it again; answer when it was created and its partitions.

        Raises ValueError when it has more partitions than are asked for.
        """
        created_at, existing = self._reads.hub(name) or (self._now(), partitions)
        if existing > partitions:
            raise ValueError(
                f"hub '{name}' has {existing} partitions, {partitions} were asked for: "
                "partitions can't be taken away; start with an empty folder instead"
            )
        self._writes.put_hub(name, created_at, partitions)
        return created_at, [self._open_partition(name, id_) for id_ in range(partitions)]

    def append(self, partition: Partition, drafts: Sequence[Draft]) -> asyncio.Future[None]:
        """Store all of the drafts or none; the future is done when they are durable, in the order of the calls."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if drafts:
            self._queue.put(_Append(partition, drafts, done))
        else:
            done.set_result(None)
        return done

    def trim(self, partition: Partition, enqueued_before: int) -> None:
        """Delete what was enqueued before a time (milliseconds since 1970), in its turn behind the appends."""
        first_kept = self.first_enqueued(partition, at_or_after=enqueued_before)
        if first_kept > partition.first:
            self._queue.put(_Trim(partition, first_kept))

    def read(self, partition: Partition, after: int) -> list[StoredEvent]:
        """The next events after a sequence number, 256 or 1 MB of them at the most; none at the end."""
        recent = partition.recent(after, READ_EVENTS)
        return self._read_stored(partition, after) if recent is None else _up_to_bytes(recent)

    def first_enqueued(self, partition: Partition, *, at_or_after: int) -> int:
        """The first sequence number enqueued at or after a time; the next one to come when there is none."""
        present = range(partition.first, partition.next)

        def enqueued_at(sequence: int) -> int:
            return self._reads.enqueued_at(partition.hub, partition.id, sequence)

        return partition.first + bisect.bisect_left(present, at_or_after, key=enqueued_at)

    def close(self) -> None:
        """Commit what is queued, then close the file."""
        self._queue.put(None)
        self._writer.join()
        self._writes.close()
        if self._reads is not self._writes:
            self._reads.close()

    def _open_partition(self, hub: str, id_: int) -> Partition:
        next_, last_enqueued_at = self._reads.head(hub, id_)
        first = self._reads.first(hub, id_)
        return Partition(
            hub,
            id_,
            first=next_ if first is None else first,
            next_=next_,
            last_enqueued_at=last_enqueued_at,
        )

    def _read_stored(self, partition: Partition, after: int) -> list[StoredEvent]:
        stored = self._reads.read(
            partition.hub, partition.id, after=after, before=partition.next, most=READ_EVENTS
        )
        return _up_to_bytes(stored)

    def _write_groups(self) -> None:
        while (write := self._queue.get()) is not None:
            group, closing = self._gather(write)
            self._write_group(group)
            if closing:
                return

    def _gather(self, first: _Write) -> tuple[list[_Write], bool]:
        """The writes that have queued up, and whether the log is to be closed after them."""
        group = [first]
        while len(group) < GROUP_APPENDS:
            try:
                write = self._queue.get_nowait()
            except queue.Empty:
                break
            if write is None:
                return group, True
            group.append(write)
        return group, False

    def _write_group(self, group: list[_Write]) -> None:
        try:
            stored = self._commit(group)
        except Exception as error:  # The thread lives on: the disk may be full now and not later.
            logger.exception("The Event Hubs log could not commit; %d sends fail", len(group))
            self._writes.roll_back()
            _resolve(group, error)
            return
        for partition, events in stored.items():
            partition.extend(events)
        _resolve(group, None)

    def _commit(self, group: list[_Write]) -> dict[Partition, list[StoredEvent]]:
        stored: dict[Partition, list[StoredEvent]] = {}
        self._writes.begin()
        for write in group:
            match write:
                case _Append(partition, drafts):
                    events = stored.setdefault(partition, [])
                    events += self._stamp(partition, drafts, events)
                case _Trim(partition, before):
                    # Out of sight first: a reader never looks for a row that is gone.
                    partition.drop_before(before)
                    self._writes.delete_before(partition.hub, partition.id, before)
        for partition, events in stored.items():
            self._insert(partition, events)
        self._writes.commit()
        self._commits += 1
        return stored

    def _stamp(
        self, partition: Partition, drafts: Sequence[Draft], before: list[StoredEvent]
    ) -> list[StoredEvent]:
        """Number the drafts after those that the same transaction already holds."""
        first = partition.next + len(before)
        enqueued_at = max(
            self._now(), before[-1].enqueued_at if before else partition.last_enqueued_at
        )
        return [stamped(one, first + i, enqueued_at) for i, one in enumerate(drafts)]

    def _insert(self, partition: Partition, events: list[StoredEvent]) -> None:
        last = events[-1]
        self._writes.insert(partition.hub, partition.id, events)
        self._writes.put_head(
            partition.hub, partition.id, last.sequence_number + 1, last.enqueued_at
        )


def _up_to_bytes(events: Iterable[StoredEvent]) -> list[StoredEvent]:
    """The first events, as many as make up one chunk; always one at least."""
    chunk: list[StoredEvent] = []
    size = 0
    for event in events:
        chunk.append(event)
        size += len(event.message)
        if size >= READ_BYTES:
            break
    return chunk


def _resolve(group: list[_Write], error: Exception | None) -> None:
    """Tell each event loop, in one call, what became of its appends."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Append]] = {}
    for write in group:
        if isinstance(write, _Append):
            by_loop.setdefault(write.done.get_loop(), []).append(write)
    for loop, appends in by_loop.items():
        # A loop that was closed meanwhile has nobody left who waits.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_finish, appends, error)


def _finish(appends: list[_Append], error: Exception | None) -> None:
    for append in appends:
        if append.done.cancelled():
            continue
        if error is None:
            append.done.set_result(None)
        else:
            append.done.set_exception(error)
    for partition in dict.fromkeys(append.partition for append in appends):
        partition.wake_watchers()

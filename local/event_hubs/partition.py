"""One partition while the server runs: where it begins and ends, its newest events, and who waits for more."""

import threading
from collections.abc import Callable, Sequence

from local.event_hubs.events import StoredEvent
from local.event_hubs.readers import Readers

TAIL_EVENTS = 1024
TAIL_BYTES = 4 * 1024 * 1024


class Partition:
    """The log's writer thread extends it, the event loop reads it; the lock is held for a few list operations."""

    def __init__(
        self, hub: str, id_: int, *, first: int, next_: int, last_enqueued_at: int
    ) -> None:
        self.hub = hub
        self.id = id_
        self.readers = Readers(f"partition '{id_}' of hub '{hub}'")
        self._first = first
        self._next = next_
        self._last_enqueued_at = last_enqueued_at
        self._tail: list[StoredEvent] = []
        self._tail_bytes = 0
        self._lock = threading.Lock()
        self._watchers: dict[Callable[[], None], None] = {}

    @property
    def first(self) -> int:
        """The oldest sequence number that is still there; that of the next event when there is none."""
        return self._first

    @property
    def next(self) -> int:
        """The sequence number that the next event will get."""
        return self._next

    @property
    def last_enqueued_at(self) -> int:
        """Milliseconds since 1970; 0 when nothing was ever stored."""
        return self._last_enqueued_at

    @property
    def is_empty(self) -> bool:
        return self._first == self._next

    def extend(self, events: Sequence[StoredEvent]) -> None:
        """Take in events that have been committed."""
        with self._lock:
            self._tail.extend(events)
            self._tail_bytes += sum(len(event.message) for event in events)
            self._next = events[-1].sequence_number + 1
            self._last_enqueued_at = events[-1].enqueued_at
            self._shorten_tail()

    def drop_before(self, sequence_number: int) -> None:
        """Forget what retention has deleted."""
        with self._lock:
            self._first = max(self._first, sequence_number)
            if self._tail and self._tail[0].sequence_number < self._first:
                self._cut(self._first - self._tail[0].sequence_number)

    def recent(self, after: int, most: int) -> list[StoredEvent] | None:
        """Up to `most` events after a sequence number, or None when they have left the memory."""
        with self._lock:
            if after + 1 >= self._next:
                return []
            if not self._tail or after + 1 < self._tail[0].sequence_number:
                return None
            start = after + 1 - self._tail[0].sequence_number
            return self._tail[start : start + most]

    def watch(self, wake: Callable[[], None]) -> None:
        """Call `wake` on the event loop whenever events were added."""
        self._watchers[wake] = None

    def unwatch(self, wake: Callable[[], None]) -> None:
        self._watchers.pop(wake, None)

    def wake_watchers(self) -> None:
        for wake in list(self._watchers):
            wake()

    def _shorten_tail(self) -> None:
        surplus = max(0, len(self._tail) - TAIL_EVENTS)
        size = self._tail_bytes - sum(len(event.message) for event in self._tail[:surplus])
        while size > TAIL_BYTES:
            size -= len(self._tail[surplus].message)
            surplus += 1
        self._cut(surplus)

    def _cut(self, count: int) -> None:
        self._tail_bytes -= sum(len(event.message) for event in self._tail[:count])
        del self._tail[:count]

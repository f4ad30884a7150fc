"""Aggregates as this process last saw them: it may be old, it is never wrong to append on."""

from collections import OrderedDict
from typing import Any

import msgspec

from event_store.documents import Head


class Known[S](msgspec.Struct, frozen=True):
    """An aggregate as far as it is known: its state, and the head of the stream that led to it."""

    state: S
    head: Head = Head()


class AggregateCache:
    """The least recently used go first, when there are more than `entries`, or more than `size` bytes.

    An entry's bytes are those of its state as JSON. `entries=0` turns the cache off. `hits` and
    `misses` count look-ups.
    """

    def __init__(self, entries: int, size: int) -> None:
        self._entries = entries
        self._size = size
        self._known: OrderedDict[str, tuple[Known[Any], int]] = OrderedDict()
        self._bytes = 0
        self.hits = 0
        self.misses = 0

    def get(self, stream: str) -> Known[Any] | None:
        entry = self._known.get(stream)
        if entry is None:
            self.misses += 1
            return None
        self.hits += 1
        self._known.move_to_end(stream)
        return entry[0]

    def __contains__(self, stream: str) -> bool:
        """Whether an aggregate is there; no look-up."""
        return stream in self._known

    def put(self, stream: str, known: Known[Any]) -> None:
        """Keeps what is newer than what is there."""
        if not self._entries:
            return
        entry = self._known.get(stream)
        if entry is not None and entry[0].head.version > known.head.version:
            return
        self.drop(stream)
        weight = len(msgspec.json.encode(known.state))
        self._known[stream] = (known, weight)
        self._bytes += weight
        while len(self._known) > self._entries or self._bytes > self._size:
            self.drop(next(iter(self._known)))

    def drop(self, stream: str) -> None:
        """Forgets an aggregate, if it is there."""
        entry = self._known.pop(stream, None)
        if entry is not None:
            self._bytes -= entry[1]

"""The one way in which a projection follows an aggregate: skip what it has, fold what is next, refuse a gap."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from domain.events import Recorded


class Cursor[V](msgspec.Struct, frozen=True):
    """A view and the version of the newest event in it; (0, None) before the first."""

    version: int = 0
    view: V | None = None


class Gap(Exception):
    """Events between the cursor and those at hand are missing."""

    def __init__(self, aggregate_id: str, has: int, next_version: int) -> None:
        super().__init__(
            f"'{aggregate_id}': the view has version {has}, the next event {next_version}"
        )


type Evolve[V] = Callable[[V | None, Recorded[Any]], V]


def advance[V](evolve: Evolve[V], cursor: Cursor[V], events: Iterable[Recorded[Any]]) -> Cursor[V]:
    """The cursor behind events of one aggregate, which are sorted by version, repeats allowed.

    Raises Gap when an event is further on than the next, and what `evolve` raises; nothing is lost
    then, the cursor is a value.
    """
    for event in events:
        if event.version <= cursor.version:
            continue
        if event.version > cursor.version + 1:
            raise Gap(event.aggregate_id, cursor.version, event.version)
        cursor = Cursor(event.version, evolve(cursor.view, event))
    return cursor


type Unseen = tuple[Recorded[Any], ...]


def collect(unseen: Unseen | None, event: Recorded[Any]) -> Unseen:
    """The fold of journals and reactions: the events that are new, in order."""
    return (*(unseen or ()), event)

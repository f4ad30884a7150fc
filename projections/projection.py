"""The kinds of projection. An author writes pure functions; the engine does the rest."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from domain.aggregate import Aggregate
from domain.events import Recorded


@dataclass(frozen=True, kw_only=True)
class View[V]:
    """One document per aggregate: the fold of its events.

    `name` is the projection's, `container` where its documents lie, `group` the consumer group that
    feeds it, `of` the aggregate that it follows, `shape` the type of a view. `evolve` folds one event
    into a view; before the first event there is none.
    """

    name: str
    container: str
    group: str
    of: Aggregate[Any, Any, Any]
    shape: type[V]
    evolve: Callable[[V | None, Recorded[Any]], V]

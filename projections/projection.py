"""The kinds of projection. An author writes pure functions; the engine does the rest.

Projection   what all kinds have: a name, a container, a consumer group, the aggregates that it follows
├── View      one document per aggregate: the fold of its events
│   └── Report  and, over all aggregates, the sum of a pure function of each one's view
├── Journal   one document per event
└── Reaction  an effect per event, at least once
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from domain.aggregate import Aggregate
from domain.events import Recorded

type Figures = Mapping[str, Decimal]
"""What a row of a report adds up, by name: exact."""


@dataclass(frozen=True, kw_only=True)
class Projection:
    """`name` is the projection's, `container` where its documents lie, `group` the consumer group that
    feeds it, `follows` the aggregates whose events it sees."""

    name: str
    container: str
    group: str
    follows: tuple[Aggregate[Any, Any, Any], ...]

    def sees(self, aggregate_type: str) -> bool:
        """Whether events of an aggregate type are its business."""
        return any(aggregate.name == aggregate_type for aggregate in self.follows)


@dataclass(frozen=True, kw_only=True)
class View[V](Projection):
    """`shape` is the type of a view; `evolve` folds one event into a view, None before the first.

    `sharded` puts the views of many aggregates into one partition, where they can be searched:
    `searched_by` names the stored fields that queries filter by, `ordered_by` those that they order by,
    descending.
    `served` makes it the answer to `GET /orders/{orderId}`.
    """

    shape: type[V]
    evolve: Callable[[V | None, Recorded[Any]], V]
    sharded: bool = False
    searched_by: tuple[str, ...] = ()
    ordered_by: tuple[str, ...] = ()
    served: bool = False

    @property
    def of(self) -> Aggregate[Any, Any, Any]:
        """The one aggregate that a view is of."""
        (aggregate,) = self.follows
        return aggregate


@dataclass(frozen=True, kw_only=True)
class Report[V, R: msgspec.Struct](View[V]):
    """`rows` says what one aggregate contributes: figures by row. The report is the sum over all.

    An author writes no delta and no compensation. A row is a frozen struct of texts.
    """

    row: type[R]
    rows: Callable[[V], Mapping[R, Figures]]


@dataclass(frozen=True, kw_only=True)
class Journal(Projection):
    """`entry` makes the document of an event; `id`, the partition key and `version` are added."""

    entry: Callable[[Recorded[Any]], dict[str, Any]]


class Message(msgspec.Struct, frozen=True):
    """What a reaction sends: `body` as it is. A message that is sent again has the same `id`."""

    id: str
    media_type: str
    body: bytes


type Post = Callable[[Message], Awaitable[None]]
"""Delivers a message, or raises Undeliverable."""


@dataclass(frozen=True, kw_only=True)
class Reaction(Projection):
    """`react` has the effect of an event, through a Post that it is given; it may come again for the
    same event, whose id is stable. Never rebuilt."""

    react: Callable[[Recorded[Any], Post], Awaitable[None]]


class Undeliverable(Exception):
    """A message could not be delivered, however often it was tried."""


async def nowhere(message: Message) -> None:
    """A Post where nothing can be sent."""
    raise Undeliverable(f"there is nowhere to send message {message.id} to")


class UnknownProjection(Exception):
    """There is no projection of that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no projection '{name}'.")

"""The decider: what an aggregate is, and how it says no.

DomainError
├── AggregateNotFound   the command needs an aggregate that does not exist
└── RuleViolation       the business says no, with a stable code
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import msgspec

from domain.events import Event

MAX_EVENTS_PER_COMMAND: Final = 99
"""A transactional batch holds 100 operations, and the first reads the head ("Azure Cosmos DB service quotas")."""


class Command(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True
):
    """What a caller may ask of an aggregate: the body of a request, every field of it known.

    `codes` are those of the RuleViolations that can refuse it: they become part of openapi.json.
    """

    codes: ClassVar[tuple[str, ...]] = ()


class DomainError(Exception):
    """A command that the domain refuses. Nothing was stored."""


class AggregateNotFound(DomainError):
    """The command needs an aggregate that does not exist."""

    def __init__(self, kind: str, aggregate_id: str) -> None:
        super().__init__(f"{kind} '{aggregate_id}' does not exist.")


class RuleViolation(DomainError):
    """The business says no. `code` is part of the public contract: kebab-case, never renamed."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def nobody(state: Any) -> None:
    """The subject of an aggregate that is about no person."""


@dataclass(frozen=True, kw_only=True)
class Aggregate[S, C: Command, E: Event]:
    """One aggregate type as a value: state S, commands C, events E.

    `name` is stored with every event and begins every stream's name; it is never renamed.
    `initial` gives the state of an id before its first event.
    `decide` returns the events that a command causes, or raises a DomainError; none means that
    nothing is left to do. `evolve` folds one event into a state. Both are pure.
    `commands` maps the verb of a route to its command type; `creates` is the verb that needs no
    aggregate to be there and whose body may name the id of what it makes, for an aggregate that has
    one. `answer` is what a caller sees of the state that its command led to: a TypedDict, whose keys
    stand in openapi.json. `snapshot_every` is the
    interval of snapshots in events: 50 for high activity, 100, 500 for low. `shape` is the version of
    S: a change of the state that an old snapshot would misread raises it. `subject` names the person
    whom the aggregate's personal data is about: under that person's key it is sealed, and erased.
    """

    name: str
    initial: Callable[[str], S]
    decide: Callable[[S, C], Sequence[E]]
    evolve: Callable[[S, E], S]
    answer: Callable[[S], Mapping[str, Any]]
    events: tuple[type[E], ...]
    commands: Mapping[str, type[C]]
    creates: str | None = None
    snapshot_every: int = 100
    shape: int = 1
    subject: Callable[[S], str | None] = nobody

    @property
    def state(self) -> type[S]:
        """The type of a state."""
        return type(self.initial(""))

    def stream(self, aggregate_id: str) -> str:
        """The name of an aggregate's stream: type and id, so that two types never meet."""
        return f"{self.name.lower()}-{aggregate_id}"

    def identity(self, stream: str) -> str:
        """The aggregate's id in the name of its stream: the inverse of `stream`."""
        return stream.removeprefix(f"{self.name.lower()}-")

    @property
    def collection(self) -> str:
        """The plural in routes: `orders`."""
        return f"{self.name.lower()}s"

    @property
    def id_field(self) -> str:
        """The id's name in bodies and routes: `orderId`."""
        return f"{self.name.lower()}Id"

    def fold(self, state: S, events: Iterable[E]) -> S:
        for event in events:
            state = self.evolve(state, event)
        return state

"""The smallest aggregate that shows what a decision was made on: every event carries the total so far."""

from typing import Any

import msgspec

from domain.aggregate import Aggregate, Command, RuleViolation
from domain.events import Context, Event


class Added(Event, frozen=True, kw_only=True):
    counter_id: str
    amount: int
    total: int


class Counter(msgspec.Struct, frozen=True):
    counter_id: str
    total: int = 0
    events: int = 0


class Open(Command, frozen=True, kw_only=True):
    """Creates the counter; it may be there already."""

    counter_id: str | None = None


class Add(Command, frozen=True, kw_only=True):
    """Adds an amount, once per event; nothing is left to do for none."""

    amount: int
    times: int = 1
    most: int | None = None


def evolve(state: Counter, event: Added) -> Counter:
    return Counter(state.counter_id, event.total, state.events + 1)


def decide(state: Counter, command: Open | Add) -> list[Added]:
    match command:
        case Open():
            return [Added(counter_id=state.counter_id, amount=0, total=state.total)]
        case Add(amount=amount, times=times, most=most):
            if most is not None and state.total + amount * times > most:
                raise RuleViolation("too-much", f"Counter '{state.counter_id}' is full.")
            return [
                Added(
                    counter_id=state.counter_id,
                    amount=amount,
                    total=state.total + amount * (index + 1),
                )
                for index in range(times)
            ]


COUNTER: Aggregate[Counter, Open | Add, Added] = Aggregate(
    name="Counter",
    initial=Counter,
    decide=decide,
    evolve=evolve,
    answer=lambda state: {"total": state.total},
    events=(Added,),
    commands={"open": Open, "add": Add},
    creates="open",
    snapshot_every=10,
)


def context(command_id: str = "k-1", **changes: Any) -> Context:
    """The context of a command."""
    known = Context(correlation_id="c-1", causation_id=command_id, command_hash="0" * 64)
    return msgspec.structs.replace(known, **changes)

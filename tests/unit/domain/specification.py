"""Given events, when a command, then events or a refusal: what an aggregate does, as a sentence."""

from dataclasses import dataclass
from typing import Any

import pytest

from domain.aggregate import Aggregate, AggregateNotFound, Command, RuleViolation
from domain.events import Event


@dataclass(frozen=True)
class Outcome:
    """A command on a state that events led to."""

    aggregate: Aggregate[Any, Any, Any]
    state: Any
    command: Command

    def then(self, *events: Event) -> None:
        assert tuple(self.aggregate.decide(self.state, self.command)) == events

    def then_nothing(self) -> None:
        """The command is fulfilled already."""
        self.then()

    def refused(self, code: str) -> None:
        with pytest.raises(RuleViolation) as refusal:
            self.aggregate.decide(self.state, self.command)
        assert refusal.value.code == code

    def not_found(self) -> None:
        with pytest.raises(AggregateNotFound):
            self.aggregate.decide(self.state, self.command)

    def answers(self, **fields: object) -> None:
        """What the caller sees once the command's events are there."""
        events = self.aggregate.decide(self.state, self.command)
        answer = self.aggregate.answer(self.aggregate.fold(self.state, events))
        assert {name: answer[name] for name in fields} == fields


@dataclass(frozen=True)
class Specification:
    """An aggregate with a past."""

    aggregate: Aggregate[Any, Any, Any]
    identity: str
    past: tuple[Event, ...]

    def when(self, command: Command) -> Outcome:
        initial = self.aggregate.initial(self.identity)
        return Outcome(self.aggregate, self.aggregate.fold(initial, self.past), command)


def given(aggregate: Aggregate[Any, Any, Any], identity: str, *past: Event) -> Specification:
    return Specification(aggregate, identity, past)

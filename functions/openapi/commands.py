"""Commands as operations: everything follows from the aggregate."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, get_type_hints, is_typeddict

import msgspec

from domain.aggregate import Aggregate, AggregateNotFound, RuleViolation
from domain.values import Id
from event_store.errors import (
    ConcurrencyConflict,
    EventTooLarge,
    IdempotencyKeyReused,
    VersionMismatch,
)
from functions.commands import Accepted, route
from functions.openapi.operation import (
    ETAG,
    IDEMPOTENCY_KEY,
    IF_MATCH,
    LOCATION,
    REPLAYED,
    TRACEPARENT,
    Answer,
    Operation,
    path_id,
)
from functions.openapi.samples import sample_of

REFUSALS: Final = (
    RuleViolation,
    ConcurrencyConflict,
    VersionMismatch,
    EventTooLarge,
    IdempotencyKeyReused,
)
"""What can become of any command that is not done."""


def commands(aggregates: Iterable[Aggregate[Any, Any, Any]]) -> Iterator[Operation]:
    for aggregate in aggregates:
        for verb in aggregate.commands:
            yield _command(aggregate, verb)


def _command(aggregate: Aggregate[Any, Any, Any], verb: str) -> Operation:
    kind, outcomes = aggregate.commands[verb], _outcomes(aggregate, verb)
    identity = () if verb == aggregate.creates else (path_id(aggregate.id_field),)
    return Operation(
        route=route(aggregate, verb),
        tag=aggregate.collection,
        summary=" ".join(re.findall("[A-Z][a-z]*", kind.__name__)).capitalize(),
        parameters=(*identity, IDEMPOTENCY_KEY, IF_MATCH, TRACEPARENT),
        body=kind,
        answers={
            status: answer for status, answer in _successes(aggregate).items() if status in outcomes
        },
        raises=(*REFUSALS, AggregateNotFound) if 404 in outcomes else REFUSALS,
        codes=kind.codes,
    )


def _successes(aggregate: Aggregate[Any, Any, Any]) -> dict[int, Answer]:
    body = _accepted(aggregate)
    return {
        200: Answer("Done.", body, (ETAG, REPLAYED)),
        201: Answer("Done: the aggregate is new.", body, (ETAG, REPLAYED, LOCATION)),
    }


def _accepted(aggregate: Aggregate[Any, Any, Any]) -> type[msgspec.Struct]:
    """The body of a success: the aggregate's id, what it answers of its state as far as a TypedDict says
    that, what all answer."""
    returned = get_type_hints(aggregate.answer).get("return")
    own = get_type_hints(returned, include_extras=True) if is_typeddict(returned) else {}
    shared = [(field.encode_name, field.type) for field in msgspec.structs.fields(Accepted)]
    fields = [(aggregate.id_field, Id), *own.items(), *shared]
    return msgspec.defstruct(f"{aggregate.name}Accepted", fields)


def _outcomes(aggregate: Aggregate[Any, Any, Any], verb: str) -> set[int]:
    """What a verb comes to, asked of the domain with a sample: where nothing is, and again after that."""
    command, nothing = sample_of(aggregate.commands[verb]), aggregate.initial("sample")
    try:
        events = aggregate.decide(nothing, command)
    except AggregateNotFound:
        return {200, 404}
    except RuleViolation:
        return {200, 201}
    try:
        aggregate.decide(aggregate.fold(nothing, events), command)
    except RuleViolation:
        return {201} if verb == aggregate.creates else {200, 201}
    return {200, 201}

"""Where a reader starts: the selector filter of its source, and the sequence number that it means."""

import re
from dataclasses import dataclass
from typing import Literal

from local.event_hubs.amqp.errors import ARGUMENT_ERROR, INVALID_FIELD, LinkFault
from local.event_hubs.amqp.values import Described
from local.event_hubs.log import Log
from local.event_hubs.partition import Partition

type Annotation = Literal["offset", "sequence-number", "enqueued-time"]

_FILTER_NAME = "apache.org:selector-filter:string"
_EXPRESSION = re.compile(
    r"\s*amqp\.annotation\.x-opt-(offset|sequence-number|enqueued-time)\s*(>=?)\s*'?(-?\d{1,19}|@latest)'?\s*"
)


@dataclass(frozen=True, slots=True)
class StartPosition:
    """An annotation compared to a number; None means the end (`@latest`)."""

    annotation: Annotation
    inclusive: bool
    value: int | None


FROM_THE_BEGINNING = StartPosition("offset", False, -1)


def parse_selector(expression: str) -> StartPosition:
    """Read an expression such as `amqp.annotation.x-opt-offset > '-1'`.

    Raises LinkFault for any other form.
    """
    match = _EXPRESSION.fullmatch(expression)
    if match is None:
        raise LinkFault(
            INVALID_FIELD,
            f'The selector "{expression}" is not understood: expected amqp.annotation.x-opt-'
            "(offset | sequence-number | enqueued-time) (> | >=) '(number | @latest)'.",
        )
    annotation, operator, value = match.groups()
    number = None if value == "@latest" else int(value)
    return StartPosition(_annotation(annotation), operator == ">=", number)


def _annotation(name: str) -> Annotation:
    match name:
        case "offset" | "sequence-number" | "enqueued-time":
            return name
        case _:
            raise AssertionError(name)


def start_position(filters: object) -> StartPosition:
    """The position that a source's filter map asks for; the beginning when it asks for none."""
    if not isinstance(filters, dict):
        return FROM_THE_BEGINNING
    for name, value in filters.items():
        expression = value.value if isinstance(value, Described) else value
        if name == _FILTER_NAME and isinstance(expression, str):
            return parse_selector(expression)
    return FROM_THE_BEGINNING


def last_before(position: StartPosition, partition: Partition, log: Log) -> int:
    """The sequence number after which reading starts; what retention has deleted is skipped.

    Raises LinkFault for a position beyond the end: the reader's checkpoint is of another log.
    """
    if position.value is None:
        return partition.next - 1
    if position.annotation == "enqueued-time":
        at_or_after = position.value + (0 if position.inclusive else 1)
        return log.first_enqueued(partition, at_or_after=at_or_after) - 1
    after = position.value - 1 if position.inclusive else position.value
    if after >= partition.next:
        name = position.annotation.replace("-", " ")
        raise LinkFault(
            ARGUMENT_ERROR,
            f"The supplied {name} '{position.value}' is invalid. "
            f"The last {name} in the system is '{partition.next - 1}'",
        )
    return max(after, partition.first - 1)

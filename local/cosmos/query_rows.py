"""The rows of a query: where each stands, in which order, what it shows."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, cmp_to_key, partial
from typing import Any, Final, NamedTuple

import msgspec

from local.cosmos.documents import Row, Scope
from local.cosmos.query_analysis import Analysis
from local.cosmos.request_units import read_units
from local.cosmos.sql import UNDEFINED, Evaluator, Match
from local.cosmos.sql.syntax import Query
from local.cosmos.wire import decode_json, encode_json

_UNDEFINED_RANK: Final = 0


class Position(msgspec.Struct, frozen=True):
    """Where a row stands: its sort keys, its document, which of that document's rows it is."""

    keys: list[list[Any]] = []
    number: int = 0
    nth: int = -1


class Placed(NamedTuple):
    """One result as JSON, its position, and the request units of reading its document."""

    position: Position
    value: bytes
    charge: float


@dataclass(frozen=True)
class Run:
    """One query over one scope."""

    text: str
    evaluator: Evaluator
    parameters: Mapping[str, Any]
    scope: Scope

    @property
    def query(self) -> Query:
        return self.evaluator.query

    @property
    def identity(self) -> tuple[str, bytes, Scope]:
        """What two requests for pages of the same results have in common."""
        return self.text, encode_json(self.parameters), self.scope

    @cached_property
    def analysis(self) -> Analysis:
        return Analysis(self.query, self.scope.container, self.parameters)

    @property
    def counted(self) -> bool:
        """Whether results don't stand for single documents in their order."""
        query = self.query
        windowed = query.top is not None or query.limit is not None
        return self.evaluator.grouped or query.distinct or windowed or not query.sources

    @property
    def whole(self) -> bool:
        """Whether the results are the documents themselves: SELECT * FROM one source."""
        query = self.query
        return query.value is None and not query.items and query.sources[0].path is None

    def matches(self, rows: Iterable[Row]) -> Iterator[Match]:
        """The rows that pass the query's FROM and WHERE and have its sort keys."""
        documents = ((row, decode_json(row.body.encode())) for row in rows)
        matched = self.evaluator.matches(documents, self.parameters)
        return filter(self._has_sort_keys, matched) if self._strict_order else matched

    @cached_property
    def _strict_order(self) -> bool:
        """Whether a row without the sort key is left out: unless the indexing policy names the
        path ("ORDER BY clause in Azure Cosmos DB", remarks)."""
        order = self.analysis.order() or ()
        explicit = self.scope.container.indexing.explicit
        return len(order) == 1 and order[0][0] not in explicit

    def _has_sort_keys(self, row: Match) -> bool:
        return all(key[0] != _UNDEFINED_RANK for key in self.evaluator.order_keys(row.scope))

    def placed(self, rows: Iterable[Row]) -> Iterator[Placed]:
        """The results in the order of the rows."""
        number, nth = 0, 0
        for match in self.matches(rows):
            row: Row = match.source
            number, nth = row.number, nth + 1 if row.number == number else 0
            value = self._value(match)
            if value is not None:
                keys = [list(key) for key in self.evaluator.order_keys(match.scope)]
                yield Placed(Position(keys, number, nth), value, read_units(row.size))

    def _value(self, match: Match) -> bytes | None:
        if self.whole:
            return bytes(match.source.body.encode())
        value = self.evaluator.project(match.scope)
        return None if value is UNDEFINED else encode_json(value)


def sorted_rows(run: Run, rows: Iterable[Row]) -> list[Placed]:
    """All results in the order of ORDER BY; ties stay in the order of creation."""
    placed = list(run.placed(rows))
    for index, item in reversed(list(enumerate(run.query.order_by))):
        placed.sort(key=partial(_sort_key, index), reverse=item.descending)
    return placed


def _sort_key(index: int, placed: Placed) -> list[Any]:
    return placed.position.keys[index]


def order_of_positions(query: Query) -> Callable[[Position], Any]:
    """The sort key under which positions are in the order of ORDER BY."""
    directions = [-1 if item.descending else 1 for item in query.order_by]

    def compare(left: Position, right: Position) -> int:
        for mine, other, direction in zip(left.keys, right.keys, directions, strict=False):
            if mine != other:
                return direction if mine > other else -direction
        here, there = (left.number, left.nth), (right.number, right.nth)
        return (here > there) - (here < there)

    return cmp_to_key(compare)

"""What a query's text tells before it runs: its constants, its orders, what an index can narrow."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from local.cosmos.catalog import indexed_value
from local.cosmos.container import Container
from local.cosmos.indexing import Order
from local.cosmos.paths import Path
from local.cosmos.sql.syntax import (
    Binary,
    Expression,
    Literal,
    Member,
    Membership,
    Name,
    Parameter,
    Query,
)
from local.cosmos.sql.values import UNDEFINED, Value

_MIRRORED: Final = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_LARGEST_INTEGER: Final = 2**63


@dataclass(frozen=True)
class Condition:
    """An SQL condition that holds for every document that the query could want, and for others."""

    sql: str
    parameters: tuple[Any, ...]


@dataclass(frozen=True)
class Analysis:
    """A query over a container with its parameters."""

    query: Query
    container: Container
    parameters: Mapping[str, Value]

    def path(self, expression: Expression) -> Path | None:
        """The property path that an expression is, seen from the document."""
        match expression:
            case Name(name) if name in self._roots:
                return ()
            case Member(target, Literal(str() as step)):
                above = self.path(target)
                return None if above is None else (*above, step)
            case _:
                return None

    @property
    def _roots(self) -> set[str]:
        return {source.alias for source in self.query.sources[:1] if not source.path}

    def order(self) -> Order | None:
        """The paths of ORDER BY; None when one of its items is no path."""
        order = [(self.path(item.expression), item.descending) for item in self.query.order_by]
        return (
            tuple((path, down) for path, down in order if path)
            if all(p for p, _ in order)
            else None
        )

    def pinned_key(self) -> list[Value] | None:
        """The components of the partition key, when the filter allows only one key."""
        fixed = dict(self._equalities(self.query.where))
        values = [fixed.get(path, UNDEFINED) for path in self.container.key.paths]
        return None if UNDEFINED in values else values

    def _equalities(self, where: Expression | None) -> Iterator[tuple[Path, Value]]:
        match where:
            case Binary("AND", left, right):
                yield from self._equalities(left)
                yield from self._equalities(right)
            case Binary("=", left, right):
                for target, constant in ((left, right), (right, left)):
                    path, value = self.path(target), self._constant(constant)
                    if path and isinstance(value, str | int | float | None):
                        yield path, value

    def _constant(self, expression: Expression) -> Value:
        match expression:
            case Literal(value):
                return value
            case Parameter(name):
                return self.parameters.get(name, UNDEFINED)
            case _:
                return UNDEFINED

    def condition(self, where: Expression | None) -> Condition | None:
        """What of a filter SQLite can decide by its indexes; None when nothing."""
        match where:
            case Binary("AND", left, right):
                sides = (self.condition(left), self.condition(right))
                return _joined(" AND ", [side for side in sides if side])
            case Binary("OR", left, right):
                return self._either([self.condition(left), self.condition(right)])
            case Binary(operator, left, right) if operator in _MIRRORED:
                straight = self._comparison(left, operator, right)
                return straight or self._comparison(right, _MIRRORED[operator], left)
            case Membership(operand, options):
                return self._either([self._comparison(operand, "=", each) for each in options])
            case _:
                return None

    def _either(self, sides: list[Condition | None]) -> Condition | None:
        known = [side for side in sides if side is not None]
        return _joined(" OR ", known) if len(known) == len(sides) else None

    def _comparison(
        self, target: Expression, operator: str, constant: Expression
    ) -> Condition | None:
        path, value = self.path(target), self._constant(constant)
        return None if path is None else self.compare(path, operator, value)

    def compare(self, path: Path, operator: str, value: Value) -> Condition | None:
        """SQLite orders numbers below text and sees true as 1: it finds too much, never too little."""
        column = self._column(path)
        if (
            column is None
            or not _is_plain(value)
            or (column == "id" and not isinstance(value, str))
        ):
            return None
        return Condition(f"{column} {operator} ?", (value,))

    def _column(self, path: Path) -> str | None:
        if path == ("id",):
            return "id"
        return indexed_value(path) if path in self.container.indexing.explicit else None


def _is_plain(value: Value) -> bool:
    return isinstance(value, str) or (
        isinstance(value, int | float) and abs(value) < _LARGEST_INTEGER
    )


def _joined(word: str, sides: list[Condition]) -> Condition | None:
    if not sides:
        return None
    parameters = tuple(value for side in sides for value in side.parameters)
    return Condition(word.join(f"({side.sql})" for side in sides), parameters)

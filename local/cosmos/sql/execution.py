"""Evaluation of a parsed query over documents."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

import msgspec

from local.cosmos.sql.compiler import GROUP, Evaluate, Scope, compile_expression
from local.cosmos.sql.errors import SqlError
from local.cosmos.sql.parser import parse
from local.cosmos.sql.resolution import check_names
from local.cosmos.sql.syntax import Expression, Member, Name, Query, Source
from local.cosmos.sql.values import UNDEFINED, Value, order_key


class Match(NamedTuple):
    """One row that passed FROM and WHERE: which document it came from, and its scope."""

    source: Any
    scope: Scope


class Step(NamedTuple):
    """One FROM or JOIN over a path of the row so far."""

    alias: str
    unwound: bool
    path: Evaluate


class Evaluator:
    """A compiled query; its stages are apart so that a caller can page between them."""

    def __init__(self, query: Query) -> None:
        self.query = query
        self._root = _root_name(query.sources[0]) if query.sources else ""
        self._steps = [
            Step(source.alias, source.unwound, _compile(source.path))
            for source in query.sources
            if source.path is not None
        ]
        self._where = None if query.where is None else _compile(query.where)
        self._group = [_compile(expression) for expression in query.group_by]
        self._order = [(_compile(o.expression), o.descending) for o in query.order_by]
        self._value = None if query.value is None else _compile(query.value)
        self._items = [(item.name, _compile(item.expression)) for item in query.items]

    @property
    def grouped(self) -> bool:
        """Whether rows are folded into groups, so that no row stands for one document."""
        return bool(self.query.group_by) or self.query.aggregated

    def matches(
        self, documents: Iterable[tuple[Any, Value]], parameters: Mapping[str, Value]
    ) -> Iterator[Match]:
        """The rows of FROM, JOIN and WHERE over (source, document) pairs, in their order."""
        if not self.query.sources:
            yield Match(None, dict(parameters))
            return
        for source, document in documents:
            scope = {**parameters, self._root: document}
            for row in self._rows(scope):
                yield Match(source, row)

    def within(self, outer: Scope) -> Iterator[Value]:
        """The values of this query as a subquery of an outer row."""
        rows = (Match(None, row) for row in self._rows(dict(outer)))
        return self.finish(rows, outer)

    def _rows(self, scope: Scope) -> Iterator[Scope]:
        rows = self._joined(scope, 0)
        where = self._where
        return rows if where is None else (row for row in rows if where(row) is True)

    def _joined(self, scope: Scope, index: int) -> Iterator[Scope]:
        if index == len(self._steps):
            yield scope
            return
        step = self._steps[index]
        for value in _items_of(step, step.path(scope)):
            yield from self._joined({**scope, step.alias: value}, index + 1)

    def finish(self, rows: Iterable[Match], parameters: Mapping[str, Value]) -> Iterator[Value]:
        """GROUP BY, ORDER BY, SELECT, DISTINCT, OFFSET, LIMIT and TOP over the rows."""
        if self.grouped:
            rows = self.fold(rows, parameters)
        if self._order:
            rows = self.ordered(rows)
        return self.window((self.project(row.scope) for row in rows), parameters)

    def fold(self, rows: Iterable[Match], parameters: Mapping[str, Value]) -> Iterator[Match]:
        """One row per group, or one in all for an aggregate without GROUP BY."""
        groups: dict[bytes, list[Scope]] = {} if self._group else {b"": []}
        for row in rows:
            groups.setdefault(self._group_key(row.scope), []).append(row.scope)
        for members in groups.values():
            yield Match(None, {**(members[0] if members else parameters), GROUP: members})

    def _group_key(self, scope: Scope) -> bytes:
        values = (key(scope) for key in self._group)
        key = [[] if value is UNDEFINED else [value] for value in values]
        return msgspec.json.encode(key, order="sorted") if key else b""

    def order_keys(self, scope: Scope) -> list[tuple[Any, ...]]:
        """The sort keys of a row, one per item of ORDER BY."""
        return [order_key(key(scope)) for key, _ in self._order]

    def ordered(self, rows: Iterable[Match]) -> list[Match]:
        """Sorted by ORDER BY; rows that compare equal keep their order."""
        keyed = [(self.order_keys(row.scope), row) for row in rows]
        for index, (_, descending) in reversed(list(enumerate(self._order))):
            keyed.sort(key=lambda pair: pair[0][index], reverse=descending)
        return [row for _, row in keyed]

    def project(self, scope: Scope) -> Value:
        """What SELECT makes of a row; UNDEFINED is to be left out."""
        if self._value is not None:
            return self._value(scope)
        if self._items:
            values = ((name, value(scope)) for name, value in self._items)
            return {name: value for name, value in values if value is not UNDEFINED}
        if len(self.query.sources) != 1:
            raise SqlError("'SELECT *' is only valid with a single input set.")
        return scope[self.query.sources[0].alias]

    def window(self, values: Iterable[Value], parameters: Mapping[str, Value]) -> Iterator[Value]:
        """What is defined, DISTINCT, then OFFSET and LIMIT or TOP."""
        kept = (value for value in values if value is not UNDEFINED)
        shown = _distinct(kept) if self.query.distinct else kept
        start = _count(self.query.offset, parameters) or 0
        limit = _count(self.query.limit, parameters)
        inside = islice(shown, start, None if limit is None else start + limit)
        return islice(inside, _count(self.query.top, parameters))


@lru_cache(maxsize=512)
def evaluator(text: str) -> Evaluator:
    """The compiled query of a text; raises SqlError."""
    query = parse(text)
    check_names(query)
    return Evaluator(query)


def _compile(expression: Expression) -> Evaluate:
    return compile_expression(expression, lambda query: Evaluator(query).within)


def _count(expression: Expression | None, parameters: Mapping[str, Value]) -> int | None:
    """The number that TOP, OFFSET or LIMIT names; raises SqlError when it is none."""
    if expression is None:
        return None
    value = _compile(expression)(dict(parameters))
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise SqlError("TOP, OFFSET and LIMIT take a whole number that is not negative.")
    return value


def _distinct(values: Iterable[Value]) -> Iterator[Value]:
    seen: set[bytes] = set()
    for value in values:
        key = msgspec.json.encode(value, order="sorted")
        if key not in seen:
            seen.add(key)
            yield value


def _items_of(step: Step, value: Value) -> list[Value]:
    if step.unwound:
        return value if isinstance(value, list) else []
    return [] if value is UNDEFINED else [value]


def _root_name(source: Source) -> str:
    """The name under which the first item of FROM knows the document."""
    step = source.path
    while isinstance(step, Member):
        step = step.target
    return step.text if isinstance(step, Name) else source.alias

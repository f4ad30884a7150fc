"""Which names an expression may use: the aliases of FROM and JOIN, and of the queries around it."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from local.cosmos.sql.errors import SqlError
from local.cosmos.sql.syntax import Expression, Name, Query, Source, Subquery


def check_names(query: Query, known: frozenset[str] = frozenset(), *, nested: bool = False) -> None:
    """Raise SqlError for a name that stands for nothing, as the service does."""
    for position, source in enumerate(query.sources):
        if source.path is not None and (nested or position > 0):
            _check(source.path, known)
        known |= {source.alias}
    for clause in fields(query):
        for expression in _expressions(getattr(query, clause.name)):
            _check(expression, known)


def _check(expression: Expression, known: frozenset[str]) -> None:
    match expression:
        case Name(text):
            if text not in known:
                raise SqlError(f"Identifier '{text}' could not be resolved.")
        case Subquery(_, query):
            check_names(query, known, nested=True)
        case _:
            for part in fields(expression):
                for inner in _expressions(getattr(expression, part.name)):
                    _check(inner, known)


def _expressions(value: Any) -> Iterator[Any]:
    """The expressions in a field: one, or those in a tuple; sources are judged apart."""
    if isinstance(value, tuple):
        for item in value:
            yield from _expressions(item)
    elif is_dataclass(value) and not isinstance(value, Source):
        yield value

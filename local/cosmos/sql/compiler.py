"""Expressions to Python closures over a scope."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Final

from local.cosmos.sql.aggregates import aggregate
from local.cosmos.sql.functions import AGGREGATES, function
from local.cosmos.sql.number_functions import finite
from local.cosmos.sql.operators import OPERATORS
from local.cosmos.sql.syntax import (
    ArrayLiteral,
    Binary,
    Call,
    Conditional,
    Expression,
    Like,
    Literal,
    Member,
    Membership,
    Name,
    ObjectLiteral,
    Parameter,
    Query,
    Subquery,
    Unary,
)
from local.cosmos.sql.values import UNDEFINED, Value, equals, negate

type Scope = dict[str, Any]
"""Aliases and parameters (`@name`) to values; the rows of a group under GROUP."""

type Evaluate = Callable[[Scope], Value]
type Nest = Callable[[Query], Callable[[Scope], Iterator[Value]]]

GROUP: Final = "#group"


def compile_expression(expression: Expression, nest: Nest) -> Evaluate:
    """A closure that evaluates the expression; `nest` compiles the queries inside it."""

    def build(part: Expression) -> Evaluate:
        return compile_expression(part, nest)

    match expression:
        case Literal(value):
            return lambda scope: value
        case Parameter(name) | Name(name):
            return lambda scope: scope.get(name, UNDEFINED)
        case Member(target, Literal(str() as key)):
            return _property(build(target), key)
        case Member(target, key):
            return _element(build(target), build(key))
        case Unary(operator, operand):
            return _unary(operator, build(operand))
        case Binary(operator, left, right):
            return _binary(operator, build(left), build(right))
        case Conditional(condition, then, otherwise):
            return _conditional(build(condition), build(then), build(otherwise))
        case Membership(operand, options):
            return _membership(build(operand), [build(option) for option in options])
        case Like(operand, pattern, escape):
            return _like(build(operand), build(pattern), escape)
        case Call(name, arguments):
            return _call(name, [build(argument) for argument in arguments])
        case ArrayLiteral(items):
            return _array([build(item) for item in items])
        case ObjectLiteral(properties):
            return _object([(name, build(value)) for name, value in properties])
        case Subquery(kind, query):
            return _subquery(kind, nest(query))


def _property(target: Evaluate, key: str) -> Evaluate:
    def evaluate(scope: Scope) -> Value:
        value = target(scope)
        return value.get(key, UNDEFINED) if isinstance(value, dict) else UNDEFINED

    return evaluate


def _element(target: Evaluate, key: Evaluate) -> Evaluate:
    def evaluate(scope: Scope) -> Value:
        match target(scope), key(scope):
            case dict() as properties, str() as name:
                return properties.get(name, UNDEFINED)
            case list() as items, int() as index if 0 <= index < len(items):
                return items[index]
            case _:
                return UNDEFINED

    return evaluate


def _unary(operator: str, operand: Evaluate) -> Evaluate:
    match operator:
        case "NOT":
            return lambda scope: negate(operand(scope))
        case "-":
            return lambda scope: finite(lambda value: -value, operand(scope))
        case "~":
            return lambda scope: finite(lambda value: ~int(value), operand(scope))
        case _:
            return lambda scope: finite(lambda value: value, operand(scope))


def _binary(operator: str, left: Evaluate, right: Evaluate) -> Evaluate:
    match operator:
        case "AND":
            return _junction(left, right, decisive=False)
        case "OR":
            return _junction(left, right, decisive=True)
        case "??":
            return _coalesce(left, right)
        case _:
            apply = OPERATORS[operator]
            return lambda scope: apply(left(scope), right(scope))


def _junction(left: Evaluate, right: Evaluate, *, decisive: bool) -> Evaluate:
    """AND (False decides) and OR (True decides); undefined and other types never decide."""

    def evaluate(scope: Scope) -> Value:
        first = left(scope)
        if first is decisive:
            return decisive
        second = right(scope)
        if second is decisive:
            return decisive
        both = isinstance(first, bool) and isinstance(second, bool)
        return not decisive if both else UNDEFINED

    return evaluate


def _coalesce(left: Evaluate, right: Evaluate) -> Evaluate:
    def evaluate(scope: Scope) -> Value:
        value = left(scope)
        return right(scope) if value is UNDEFINED else value

    return evaluate


def _conditional(condition: Evaluate, then: Evaluate, otherwise: Evaluate) -> Evaluate:
    return lambda scope: then(scope) if condition(scope) is True else otherwise(scope)


def _membership(operand: Evaluate, options: list[Evaluate]) -> Evaluate:
    def evaluate(scope: Scope) -> Value:
        value = operand(scope)
        if value is UNDEFINED:
            return UNDEFINED
        return any(equals(value, option(scope)) is True for option in options)

    return evaluate


def _like(operand: Evaluate, pattern: Evaluate, escape: str | None) -> Evaluate:
    def evaluate(scope: Scope) -> Value:
        match operand(scope), pattern(scope):
            case str() as text, str() as wanted:
                return _like_pattern(wanted, escape).fullmatch(text) is not None
            case _:
                return UNDEFINED

    return evaluate


@lru_cache(maxsize=256)
def _like_pattern(pattern: str, escape: str | None) -> re.Pattern[str]:
    """% any text, _ any character, [a-z] and [^a-z] a set, an escaped character itself."""
    parts: list[str] = []
    words = iter(re.findall(r"\[\^?[^]]+\]|.", pattern, re.DOTALL))
    for word in words:
        if word == escape:
            parts.append(re.escape(str(next(words, word))))
        else:
            parts.append(_like_part(word))
    return re.compile("".join(parts), re.DOTALL)


def _like_part(word: str) -> str:
    match word:
        case "%":
            return ".*"
        case "_":
            return "."
        case _ if len(word) > 1:
            return word
        case _:
            return re.escape(word)


def _call(name: str, arguments: list[Evaluate]) -> Evaluate:
    if name in AGGREGATES:
        return _aggregate(name, arguments[0] if arguments else lambda scope: 1)
    apply = function(name, len(arguments))
    return lambda scope: apply(*[argument(scope) for argument in arguments])


def _aggregate(name: str, argument: Evaluate) -> Evaluate:
    def evaluate(scope: Scope) -> Value:
        rows = scope.get(GROUP)
        return UNDEFINED if rows is None else aggregate(name, [argument(row) for row in rows])

    return evaluate


def _array(items: list[Evaluate]) -> Evaluate:
    def evaluate(scope: Scope) -> Value:
        values = (item(scope) for item in items)
        return [value for value in values if value is not UNDEFINED]

    return evaluate


def _object(properties: list[tuple[str, Evaluate]]) -> Evaluate:
    def evaluate(scope: Scope) -> Value:
        values = ((name, value(scope)) for name, value in properties)
        return {name: value for name, value in values if value is not UNDEFINED}

    return evaluate


def _subquery(kind: str, run: Callable[[Scope], Iterator[Value]]) -> Evaluate:
    match kind:
        case "EXISTS":
            return lambda scope: any(True for _ in run(scope))
        case "ARRAY":
            return lambda scope: list(run(scope))
        case _:
            return lambda scope: next(run(scope), UNDEFINED)

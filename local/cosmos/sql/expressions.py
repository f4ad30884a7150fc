"""Parser of scalar expressions."""

import math
from collections.abc import Callable
from typing import Final

from local.cosmos.sql.errors import SqlError
from local.cosmos.sql.functions import AGGREGATES, is_function
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
from local.cosmos.sql.tokens import Tokens
from local.cosmos.sql.values import UNDEFINED

_LEVELS: Final[tuple[frozenset[str], ...]] = (
    frozenset({"??"}),
    frozenset({"OR"}),
    frozenset({"AND"}),
    frozenset({"=", "!=", "<>", "<", "<=", ">", ">=", "IN", "BETWEEN", "LIKE", "NOT"}),
    frozenset({"|"}),
    frozenset({"^"}),
    frozenset({"&"}),
    frozenset({"<<", ">>", ">>>"}),
    frozenset({"||"}),
    frozenset({"+", "-"}),
    frozenset({"*", "/", "%"}),
)
_COMPARISON: Final = 3
_CONSTANTS: Final = {"NULL": None, "TRUE": True, "FALSE": False, "UNDEFINED": UNDEFINED}


class ExpressionParser:
    """Reads one expression; `saw_aggregate` tells whether a call of it was an aggregate."""

    def __init__(self, tokens: Tokens, subquery: Callable[[], Query]) -> None:
        self._tokens = tokens
        self._subquery = subquery
        self.saw_aggregate = False

    def expression(self) -> Expression:
        condition = self._level(0)
        if not self._tokens.accept("operator", "?"):
            return condition
        then = self.expression()
        self._tokens.expect("operator", ":")
        return Conditional(condition, then, self.expression())

    def _level(self, level: int) -> Expression:
        if level == len(_LEVELS):
            return self._unary()
        if level == _COMPARISON and self._tokens.accept("keyword", "NOT"):
            return Unary("NOT", self._level(level))
        left = self._level(level + 1)
        while self._tokens.current.kind != "string" and self._tokens.current.text in _LEVELS[level]:
            left = self._binary(left, level)
        return left

    def _binary(self, left: Expression, level: int) -> Expression:
        operator = self._tokens.take().text
        match operator:
            case "NOT":
                return Unary("NOT", self._predicate(left))
            case "IN" | "BETWEEN" | "LIKE":
                return self._predicate(left, operator)
            case "<>":
                return Binary("!=", left, self._level(level + 1))
            case _:
                return Binary(operator, left, self._level(level + 1))

    def _predicate(self, left: Expression, operator: str | None = None) -> Expression:
        word = operator or self._tokens.expect("keyword", "IN", "BETWEEN", "LIKE").text
        match word:
            case "IN":
                self._tokens.expect("operator", "(")
                return Membership(left, self._sequence(")"))
            case "BETWEEN":
                return self._between(left)
            case _:
                return self._like(left)

    def _between(self, left: Expression) -> Expression:
        low = self._level(_COMPARISON + 1)
        self._tokens.expect("keyword", "AND")
        high = self._level(_COMPARISON + 1)
        return Binary("AND", Binary(">=", left, low), Binary("<=", left, high))

    def _like(self, left: Expression) -> Expression:
        pattern = self._level(_COMPARISON + 1)
        if not self._tokens.accept("keyword", "ESCAPE"):
            return Like(left, pattern, None)
        return Like(left, pattern, self._tokens.expect("string").text)

    def _unary(self) -> Expression:
        sign = self._tokens.accept("operator", "-", "+", "~")
        if sign is None:
            return self.path()
        operand = self._unary()
        match operand:
            case Literal(int() | float() as number) if sign.text == "-":
                return Literal(-number)
            case _:
                return Unary(sign.text, operand)

    def path(self) -> Expression:
        """A primary expression followed by any number of `.name` and `[key]`."""
        target = self._primary()
        while True:
            if self._tokens.accept("operator", "."):
                if not self._tokens.at("name") and not self._tokens.at("keyword"):
                    raise self._tokens.error()
                target = Member(target, Literal(self._property_name()))
            elif self._tokens.accept("operator", "["):
                key = self.expression()
                self._tokens.expect("operator", "]")
                target = Member(target, key)
            else:
                return target

    def _property_name(self) -> str:
        token = self._tokens.take()
        return token.text if token.kind == "string" else token.spelling

    def _primary(self) -> Expression:
        token = self._tokens.current
        match token.kind:
            case "number":
                return Literal(_number(self._tokens.take().text))
            case "string":
                return Literal(self._tokens.take().text)
            case "parameter":
                return Parameter(self._tokens.take().text)
            case "name":
                return self._name_or_call()
            case "keyword":
                return self._keyword()
            case _:
                return self._bracketed()

    def _keyword(self) -> Expression:
        word = self._tokens.current.text
        if word in _CONSTANTS:
            self._tokens.take()
            return Literal(_CONSTANTS[word])
        if word in ("EXISTS", "ARRAY") and self._tokens.follows("operator", "("):
            self._tokens.take()
            self._tokens.expect("operator", "(")
            return self._nested(word)
        raise self._tokens.error()

    def _nested(self, kind: str) -> Subquery:
        query = self._subquery()
        self._tokens.expect("operator", ")")
        return Subquery(kind, query)

    def _bracketed(self) -> Expression:
        if self._tokens.accept("operator", "("):
            if self._tokens.at("keyword", "SELECT"):
                return self._nested("SCALAR")
            inner = self.expression()
            self._tokens.expect("operator", ")")
            return inner
        if self._tokens.accept("operator", "["):
            return ArrayLiteral(self._sequence("]"))
        self._tokens.expect("operator", "{")
        return self._object()

    def _object(self) -> ObjectLiteral:
        properties: list[tuple[str, Expression]] = []
        while not self._tokens.accept("operator", "}"):
            if properties:
                self._tokens.expect("operator", ",")
            if not any(map(self._tokens.at, ("name", "string", "keyword"))):
                raise self._tokens.error()
            name = self._property_name()
            self._tokens.expect("operator", ":")
            properties.append((name, self.expression()))
        return ObjectLiteral(tuple(properties))

    def _sequence(self, end: str) -> tuple[Expression, ...]:
        items: list[Expression] = []
        while not self._tokens.accept("operator", end):
            if items:
                self._tokens.expect("operator", ",")
            items.append(self.expression())
        return tuple(items)

    def _name_or_call(self) -> Expression:
        name = self._tokens.take().text
        if not self._tokens.accept("operator", "("):
            return Name(name)
        function = name.upper()
        if not is_function(function):
            raise SqlError(f"'{name}' is not a recognized built-in function name.")
        self.saw_aggregate = self.saw_aggregate or function in AGGREGATES
        return Call(function, self._sequence(")"))


def _number(text: str) -> int | float:
    if text.isdigit():
        return int(text)
    value = float(text)
    if math.isinf(value):
        raise SqlError(f"Syntax error, the number '{text}' is out of range.")
    return value

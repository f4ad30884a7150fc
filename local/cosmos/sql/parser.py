"""Parser of whole queries."""

from functools import lru_cache

from local.cosmos.sql.errors import SqlError
from local.cosmos.sql.expressions import ExpressionParser
from local.cosmos.sql.lexer import Token
from local.cosmos.sql.syntax import (
    Expression,
    Literal,
    Member,
    Name,
    Ordering,
    Query,
    Selected,
    Source,
)
from local.cosmos.sql.tokens import Tokens


@lru_cache(maxsize=1024)
def parse(text: str) -> Query:
    """The syntax tree of a query; raises SqlError."""
    tokens = Tokens(text)
    query = _QueryParser(tokens, nested=False).query()
    tokens.expect("end")
    return query


class _QueryParser:
    def __init__(self, tokens: Tokens, *, nested: bool) -> None:
        self._tokens = tokens
        self._nested = nested
        self._expressions = ExpressionParser(tokens, self._subquery)

    def _subquery(self) -> Query:
        return _QueryParser(self._tokens, nested=True).query()

    def query(self) -> Query:
        self._tokens.expect("keyword", "SELECT")
        distinct = self._accept("DISTINCT")
        top = self._expressions.path() if self._accept("TOP") else None
        distinct = distinct or self._accept("DISTINCT")
        value = self._expressions.expression() if self._accept("VALUE") else None
        items = self._items() if value is None else ()
        aggregated = self._expressions.saw_aggregate
        sources = self._sources() if self._accept("FROM") else ()
        where = self._expressions.expression() if self._accept("WHERE") else None
        group_by = self._list() if self._accept_pair("GROUP") else ()
        order_by = self._orderings() if self._accept_pair("ORDER") else ()
        offset, limit = self._window()
        return Query(
            value=value,
            items=items,
            distinct=distinct,
            top=top,
            sources=sources,
            where=where,
            group_by=group_by,
            order_by=order_by,
            offset=offset,
            limit=limit,
            aggregated=aggregated,
        )

    def _accept(self, keyword: str) -> bool:
        return self._tokens.accept("keyword", keyword) is not None

    def _accept_pair(self, keyword: str) -> bool:
        if not self._accept(keyword):
            return False
        self._tokens.expect("keyword", "BY")
        return True

    def _items(self) -> tuple[Selected, ...]:
        if self._tokens.accept("operator", "*"):
            return ()
        items = [self._item(1)]
        while self._tokens.accept("operator", ","):
            items.append(self._item(len(items) + 1))
        return tuple(items)

    def _item(self, ordinal: int) -> Selected:
        start = self._tokens.position
        expression = self._expressions.expression()
        read = self._tokens.since(start)
        return Selected(self._alias() or _implied_name(read) or f"${ordinal}", expression)

    def _alias(self) -> str | None:
        if self._accept("AS") or self._tokens.at("name"):
            return self._tokens.expect("name").text
        return None

    def _sources(self) -> tuple[Source, ...]:
        sources = [self._source(first=not self._nested)]
        while self._accept("JOIN"):
            sources.append(self._source(first=False))
        return tuple(sources)

    def _source(self, *, first: bool) -> Source:
        if self._tokens.at("name") and self._tokens.follows("keyword", "IN"):
            alias = self._tokens.take().text
            self._tokens.expect("keyword", "IN")
            return Source(alias, self._expressions.path(), unwound=True)
        path = self._expressions.path()
        alias = self._alias() or _last_step(path)
        return Source(alias, None if first and isinstance(path, Name) else path, unwound=False)

    def _list(self) -> tuple[Expression, ...]:
        expressions = [self._expressions.expression()]
        while self._tokens.accept("operator", ","):
            expressions.append(self._expressions.expression())
        return tuple(expressions)

    def _orderings(self) -> tuple[Ordering, ...]:
        orderings = [self._ordering()]
        while self._tokens.accept("operator", ","):
            orderings.append(self._ordering())
        return tuple(orderings)

    def _ordering(self) -> Ordering:
        expression = self._expressions.expression()
        direction = self._tokens.accept("keyword", "ASC", "DESC")
        return Ordering(expression, direction is not None and direction.text == "DESC")

    def _window(self) -> tuple[Expression | None, Expression | None]:
        if not self._accept("OFFSET"):
            return None, None
        offset = self._expressions.path()
        self._tokens.expect("keyword", "LIMIT")
        return offset, self._expressions.path()


def _last_step(path: Expression) -> str:
    match path:
        case Name(name) | Member(_, Literal(str() as name)):
            return name
        case _:
            raise SqlError("Syntax error, an item of FROM needs a name or an alias.")


def _implied_name(tokens: list[Token]) -> str | None:
    """The name of an item without AS: the last step of its path, if it is a path."""
    match tokens:
        case [*_, Token("name", name, _)]:
            return name
        case [_, *_, Token("operator", ".", _), Token("keyword", _, name)]:
            return name
        case [_, *_, Token("string", name, _), Token("operator", "]", _)]:
            return name
        case _:
            return None

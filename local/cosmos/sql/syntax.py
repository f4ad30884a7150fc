"""The syntax tree of a query."""

from dataclasses import dataclass

from local.cosmos.sql.values import Value

type Expression = (
    Literal
    | Parameter
    | Name
    | Member
    | Unary
    | Binary
    | Conditional
    | Membership
    | Like
    | Call
    | ArrayLiteral
    | ObjectLiteral
    | Subquery
)


@dataclass(frozen=True, slots=True)
class Literal:
    value: Value


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str


@dataclass(frozen=True, slots=True)
class Name:
    text: str


@dataclass(frozen=True, slots=True)
class Member:
    """`target.key` and `target[key]`."""

    target: Expression
    key: Expression


@dataclass(frozen=True, slots=True)
class Unary:
    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Conditional:
    condition: Expression
    then: Expression
    otherwise: Expression


@dataclass(frozen=True, slots=True)
class Membership:
    """`operand IN (options)`."""

    operand: Expression
    options: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Like:
    operand: Expression
    pattern: Expression
    escape: str | None


@dataclass(frozen=True, slots=True)
class Call:
    """A function, its name in upper case."""

    function: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class ArrayLiteral:
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class ObjectLiteral:
    properties: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class Source:
    """One item of FROM or JOIN; `unwound` for `alias IN array`, path None for the documents."""

    alias: str
    path: Expression | None
    unwound: bool


@dataclass(frozen=True, slots=True)
class Selected:
    name: str
    expression: Expression


@dataclass(frozen=True, slots=True)
class Ordering:
    expression: Expression
    descending: bool


@dataclass(frozen=True, slots=True)
class Query:
    """One SELECT: `value` for SELECT VALUE, else `items`; both empty is SELECT *."""

    value: Expression | None = None
    items: tuple[Selected, ...] = ()
    distinct: bool = False
    top: Expression | None = None
    sources: tuple[Source, ...] = ()
    where: Expression | None = None
    group_by: tuple[Expression, ...] = ()
    order_by: tuple[Ordering, ...] = ()
    offset: Expression | None = None
    limit: Expression | None = None
    aggregated: bool = False


@dataclass(frozen=True, slots=True)
class Subquery:
    """A query in brackets: kind is SCALAR (its one value), EXISTS or ARRAY."""

    kind: str
    query: Query

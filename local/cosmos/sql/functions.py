"""The built-in functions, by name, and how many arguments each takes."""

import inspect
from collections.abc import Callable
from typing import Final, NamedTuple

from local.cosmos.sql.array_functions import ARRAY_FUNCTIONS
from local.cosmos.sql.date_functions import DATE_FUNCTIONS
from local.cosmos.sql.errors import SqlError
from local.cosmos.sql.number_functions import NUMBER_FUNCTIONS
from local.cosmos.sql.text_functions import TEXT_FUNCTIONS
from local.cosmos.sql.type_functions import TYPE_FUNCTIONS
from local.cosmos.sql.values import Value

AGGREGATES: Final = frozenset({"COUNT", "SUM", "AVG", "MIN", "MAX", "COUNTIF"})


class Function(NamedTuple):
    """A function over values; `most` is None when it takes any number of arguments."""

    call: Callable[..., Value]
    least: int
    most: int | None


def _describe(call: Callable[..., Value]) -> Function:
    parameters = inspect.signature(call).parameters.values()
    least = sum(p.default is p.empty and p.kind is not p.VAR_POSITIONAL for p in parameters)
    variadic = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    return Function(call, least, None if variadic else len(parameters))


_FUNCTIONS: Final = {
    name: _describe(call)
    for group in (
        TEXT_FUNCTIONS,
        NUMBER_FUNCTIONS,
        ARRAY_FUNCTIONS,
        TYPE_FUNCTIONS,
        DATE_FUNCTIONS,
    )
    for name, call in group.items()
}


def is_function(name: str) -> bool:
    return name in AGGREGATES or name in _FUNCTIONS


def function(name: str, arguments: int) -> Callable[..., Value]:
    """The implementation; raises SqlError when it does not take so many arguments."""
    found = _FUNCTIONS[name]
    if arguments < found.least or (found.most is not None and arguments > found.most):
        raise SqlError(f"The function {name} does not take {arguments} argument(s).")
    return found.call

"""Every operation of the contract. A test holds this against the functions that the host is given."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from domain.aggregate import Aggregate
from functions.openapi.about import ABOUT
from functions.openapi.commands import commands
from functions.openapi.operating import OPERATING
from functions.openapi.operation import Operation, conditional
from functions.openapi.queries import COMMAND_STATUS, SALES_REPORT, SEARCH, histories, views
from projections.projection import Projection


def catalog(
    aggregates: Iterable[Aggregate[Any, Any, Any]], projections: Iterable[Projection]
) -> Iterator[Operation]:
    aggregates = tuple(aggregates)
    yield from map(
        conditional,
        chain(
            commands(aggregates),
            views(projections),
            histories(aggregates),
            (SEARCH, SALES_REPORT, COMMAND_STATUS),
            OPERATING,
            ABOUT,
        ),
    )

"""Queries as operations: one per read model that is served, and those that are written by hand."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Annotated, Any, Final, Literal

import msgspec

from domain.aggregate import Aggregate, AggregateNotFound
from domain.order import Status
from domain.values import Id, Moment, Money
from functions import command_status, history, queries, reports, search
from functions.openapi.operation import (
    CORRELATION_ID,
    PURPOSE,
    READ_SOURCE,
    Answer,
    Given,
    Operation,
    Parameter,
    path_id,
)
from functions.requests import Version
from projections.projection import Projection, View
from projections.view_reader import NotInReadModel, VersionNotReached

NOON: Final = "2026-11-01T12:00:00Z"


def views(projections: Iterable[Projection]) -> Iterator[Operation]:
    for projection in projections:
        if isinstance(projection, View) and projection.served:
            yield _view(projection)


def _view(view: View[Any]) -> Operation:
    name = view.of.name
    body = msgspec.defstruct(name, [("version", Version)], bases=(view.shape,), kw_only=True)
    return Operation(
        route=queries.route(view),
        tag=view.of.collection,
        summary=f"Get {name.lower()}",
        description="As the read model has it, or as fresh as `minVersion` asks, or as it was: at most "
        "one of the three parameters.",
        parameters=(
            path_id(view.of.id_field),
            Parameter("minVersion", Version, "Read your writes: never older than this version."),
            Parameter("version", Version, "The state right after this version."),
            Parameter(
                "asOf", Moment, "The state at this moment, events of it included.", example=NOON
            ),
            PURPOSE,
        ),
        answers={200: Answer(f"The {name.lower()}.", body, (READ_SOURCE,))},
        raises=(NotInReadModel, VersionNotReached),
    )


def histories(aggregates: Iterable[Aggregate[Any, Any, Any]]) -> Iterator[Operation]:
    for aggregate in aggregates:
        yield Operation(
            route=history.route(aggregate),
            tag=aggregate.collection,
            summary=f"Get {aggregate.name.lower()} events",
            parameters=(
                path_id(aggregate.id_field),
                Parameter("fromVersion", Version, "The first version of the page; 1 when absent."),
                page_size(history.PAGE, history.LARGEST_PAGE),
                PURPOSE,
            ),
            answers={200: Answer("A page of the history.", history.History)},
            raises=(AggregateNotFound,),
        )


def page_size(usual: int, most: int) -> Parameter:
    kind = Annotated[int, msgspec.Meta(ge=1, le=most)]
    return Parameter("limit", kind, f"At most so many; {usual} when absent.")


SEARCH: Final = Operation(
    route=search.ROUTE,
    tag="orders",
    summary="Search orders",
    description="The newest first. Orders that meet every condition that is given.",
    parameters=(
        Parameter("customerId", Id, "Of this customer.", example="customer-1"),
        Parameter("status", Status, "In this state."),
        Parameter("productId", Id, "With an item of this product.", example="product-1"),
        Parameter("placedFrom", Moment, "Placed at this moment or later.", example=NOON),
        Parameter("placedTo", Moment, "Placed at this moment or earlier.", example=NOON),
        Parameter("minTotal", Money, "With a total of this or more.", example=10),
        Parameter("maxTotal", Money, "With a total of this or less.", example=99.95),
        page_size(search.PAGE, search.LARGEST_PAGE),
        Parameter("cursor", Given, "What the page before answered: goes on behind it."),
    ),
    answers={200: Answer("A page of orders.", search.OrderPage)},
)

SALES_REPORT: Final = Operation(
    route=reports.ROUTE,
    tag="reports",
    summary="Report sales",
    description=f"Of a range of UTC days of placing, {reports.MOST_DAYS} at most. Revenue counts every "
    "placed order; cancelled revenue is what of it was cancelled.",
    parameters=(
        Parameter("from", date, "The first day.", required=True, example="2026-11-01"),
        Parameter("to", date, "The last day.", required=True, example="2026-11-30"),
        Parameter(
            "by", Literal["day", "product", "customer"], "What a row is about; `day` when absent."
        ),
    ),
    answers={200: Answer("The rows that are not empty.", reports.SalesReport)},
)

COMMAND_STATUS: Final = Operation(
    route=command_status.ROUTE,
    tag="commands",
    summary="Get command",
    description="What was stored under a correlation id (the newest 100 events), and which projections "
    "have it: for callers who wait for their own writes.",
    parameters=(
        Parameter(
            "correlationId",
            CORRELATION_ID.kind,
            "The correlation id of the request.",
            "path",
            required=True,
            example=CORRELATION_ID.example,
        ),
    ),
    answers={200: Answer("How far it is.", command_status.CommandStatus)},
    raises=(AggregateNotFound,),
)

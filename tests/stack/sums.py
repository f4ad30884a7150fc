"""What a report holds, added up over its shards, and what it should hold."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from projections.advance import Cursor, advance
from projections.projection import Report
from tests.stack.in_process import Account
from tests.stack.log import Streams

type Sums = dict[tuple[str, ...], dict[str, Decimal]]
"""Figures by a row's texts; what is zero is left out."""


async def stored(account: Account, report: Report[Any, Any], generation: int = 1) -> Sums:
    """The sums over all shards of a generation."""
    return of(await account.documents(report.container), generation)


def of(documents: Iterable[Mapping[str, Any]], generation: int) -> Sums:
    """The same from a container's documents."""
    sums = _nothing()
    for document in documents:
        if "row" in document and document["pk"].startswith(f"{generation}|"):
            for name, amount in document["figures"].items():
                sums[tuple(document["row"].values())][name] += Decimal(amount)
    return _without_zeros(sums)


def expected(report: Report[Any, Any], streams: Streams) -> Sums:
    """The sums over all aggregates of the rows of the fold of their events."""
    sums = _nothing()
    for events in streams.values():
        cursor: Cursor[Any] = advance(report.evolve, Cursor(), events)
        for row, figures in report.rows(cursor.view).items():
            for name, amount in figures.items():
                sums[msgspec.structs.astuple(row)][name] += amount
    return _without_zeros(sums)


def _nothing() -> defaultdict[tuple[str, ...], defaultdict[str, Decimal]]:
    return defaultdict(lambda: defaultdict(Decimal))


def _without_zeros(sums: defaultdict[tuple[str, ...], defaultdict[str, Decimal]]) -> Sums:
    shown = {
        row: {name: amount for name, amount in figures.items() if amount}
        for row, figures in sums.items()
    }
    return {row: figures for row, figures in shown.items() if figures}

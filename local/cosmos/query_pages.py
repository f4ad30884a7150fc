"""Pages of query results and the continuations between them.

A query whose rows stand for documents goes on after the last document; an ordered one after the last
sort key, so that a document written between two pages neither repeats nor hides another. What is
grouped, distinct or windowed goes on by count.
"""

import sys
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

import msgspec

from local.cosmos.catalog import Catalog
from local.cosmos.documents import Documents, Row
from local.cosmos.errors import bad_request
from local.cosmos.query_analysis import Condition
from local.cosmos.query_cache import QueryCache
from local.cosmos.query_rows import Placed, Position, Run, order_of_positions, sorted_rows
from local.cosmos.request_units import read_units
from local.cosmos.sql import Match
from local.cosmos.wire import encode_json

DEFAULT_ITEMS: Final = 100
PAGE_BYTES: Final = 4 * 1024 * 1024


class Continuation(msgspec.Struct, frozen=True):
    """What a client sends back for the next page: after a row, or after so many results."""

    after: Position = Position()
    skip: int = 0


@dataclass
class Page:
    """Results as JSON, the request units of the documents read, what leads to the next page."""

    items: list[msgspec.Raw] = field(default_factory=list)
    charge: float = 0.0
    continuation: str | None = None


class Pager:
    """Runs queries page by page."""

    def __init__(self, documents: Documents, catalog: Catalog, clock: Callable[[], float]) -> None:
        self._documents = documents
        self._catalog = catalog
        self._clock = clock
        self._cache = QueryCache()

    def page(self, run: Run, wanted: int, continuation: str | None) -> Page:
        """Up to `wanted` results (-1: as many as fit into 4 MB, 0: the default)."""
        start = _parse(continuation)
        limit = sys.maxsize if wanted < 0 else wanted or DEFAULT_ITEMS
        if run.counted:
            return self._counted(run, start.skip, limit)
        if run.query.order_by:
            return _fill(self._ordered(run, start.after), limit)
        return _fill(self._streamed(run, start.after), limit)

    def _streamed(self, run: Run, after: Position) -> Iterator[Placed]:
        narrowed = Condition("number >= ?", (after.number,))
        for placed in run.placed(self._rows(run, narrowed)):
            if (placed.position.number, placed.position.nth) > (after.number, after.nth):
                yield placed

    def _ordered(self, run: Run, after: Position) -> Iterator[Placed]:
        rows = self._sorted(run)
        key = order_of_positions(run.query)
        first = bisect_right(rows, key(after), key=lambda row: key(row.position))
        return islice(rows, first if after.number else 0, None)

    def _sorted(self, run: Run) -> list[Placed]:
        """All rows in order, kept between pages for as long as nothing is written or expires."""
        lsn = self._catalog.lsn(run.scope.container)
        kept = self._cache.find(run.identity, lsn)
        if kept is None:
            kept = sorted_rows(run, self._rows(run))
            if run.scope.container.default_ttl is None:
                self._cache.keep(run.identity, lsn, kept)
        return kept

    def _counted(self, run: Run, skip: int, limit: int) -> Page:
        page, read = Page(), dict[int, float]()
        rows = _noting(run.matches(self._rows(run)), read)
        for value in islice(run.evaluator.finish(rows, run.parameters), skip, None):
            if len(page.items) == limit:
                page.continuation = encode_json(Continuation(skip=skip + limit)).decode()
                break
            page.items.append(msgspec.Raw(encode_json(value)))
        page.charge = 0.0 if skip else sum(read.values())
        return page

    def _rows(self, run: Run, narrowed: Condition | None = None) -> Iterator[Row]:
        conditions = [run.analysis.condition(run.query.where), narrowed]
        known = [condition for condition in conditions if condition is not None]
        return self._documents.scan(
            run.scope,
            self._clock(),
            " AND ".join(f"({condition.sql})" for condition in known),
            tuple(value for condition in known for value in condition.parameters),
        )


def _parse(continuation: str | None) -> Continuation:
    if not continuation:
        return Continuation()
    try:
        return msgspec.json.decode(continuation, type=Continuation)
    except msgspec.DecodeError:
        raise bad_request("Invalid Continuation Token") from None


def _noting(rows: Iterable[Match], read: dict[int, float]) -> Iterator[Match]:
    """Pass rows on and note what reading their documents costs."""
    for row in rows:
        if row.source is not None:
            read[row.source.number] = read_units(row.source.size)
        yield row


def _fill(rows: Iterator[Placed], limit: int) -> Page:
    """At least one result, at most `limit` of them and 4 MB."""
    page, size, last = Page(), 0, Position()
    for placed in rows:
        if page.items and (len(page.items) >= limit or size + len(placed.value) > PAGE_BYTES):
            page.continuation = encode_json(Continuation(after=last)).decode()
            break
        page.items.append(msgspec.Raw(placed.value))
        page.charge += placed.charge if placed.position.nth == 0 else 0.0
        size += len(placed.value)
        last = placed.position
    return page

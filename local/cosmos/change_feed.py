"""The change feed: the latest state of every document, in the order of its last change."""

from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any, Final

import msgspec

from local.cosmos.catalog import Catalog
from local.cosmos.container import Container
from local.cosmos.documents import Documents, Row
from local.cosmos.errors import bad_request
from local.cosmos.ranges import requested_scope
from local.cosmos.request_units import MISS, read_units
from local.cosmos.wire import ITEM_COUNT, Answer, Request, encode_json

_DEFAULT_PAGE: Final = 100
_PAGE_BYTES: Final = 4 * 1024 * 1024
LARGEST_TRANSACTION: Final = 100


class ChangeFeed:
    """Pages by transaction: a page never ends inside one."""

    def __init__(self, documents: Documents, catalog: Catalog, clock: Callable[[], float]) -> None:
        self._documents = documents
        self._catalog = catalog
        self._clock = clock

    def read(self, request: Request, container: Container, factor: float) -> Answer:
        """200 with a page or 304 with none, both with the continuation as `etag`."""
        if (request.header("a-im") or "").lower() != "incremental feed":
            raise bad_request("All versions and deletes mode is not enabled for this account.")
        last = self._catalog.lsn(container)
        wanted = request.count("x-ms-max-item-count", _DEFAULT_PAGE)
        rows = self._documents.changes(
            requested_scope(request, container),
            self._clock(),
            _after(request.header("if-none-match"), last),
            _since(request.header("if-modified-since")),
            (_DEFAULT_PAGE if wanted < 1 else wanted) + LARGEST_TRANSACTION,
        )
        page = whole_transactions(rows, _DEFAULT_PAGE if wanted < 1 else wanted)
        position = page[-1].lsn if len(page) < len(rows) else last
        return _answer(container, page, position, factor)


def _after(continuation: str | None, last: int) -> int:
    """The transaction after which to go on: `"5"` is one, `*` is now."""
    if continuation is None:
        return 0
    text = continuation.strip().strip('"')
    if text == "*":
        return last
    if not text.isdigit():
        raise bad_request(f"The continuation {continuation} is not one of the change feed's.")
    return int(text)


def _since(date: str | None) -> float:
    if date is None:
        return 0.0
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        raise bad_request(f"If-Modified-Since must be an HTTP date, not '{date}'.") from None


def whole_transactions(rows: list[Row], wanted: int) -> list[Row]:
    """At least one transaction, then as many whole ones as fit the wanted count and 4 MB."""
    page: list[Row] = []
    size = 0
    for row in rows:
        begins = not page or row.lsn != page[-1].lsn
        if page and begins and (len(page) >= wanted or size >= _PAGE_BYTES):
            break
        page.append(row)
        size += row.size
    return page


def _answer(container: Container, page: list[Row], position: int, factor: float) -> Answer:
    headers = {"etag": f'"{position}"', ITEM_COUNT: str(len(page))}
    if not page:
        return Answer(304, charge=MISS * factor, headers=headers)
    body: dict[str, Any] = {
        "_rid": container.rid,
        "Documents": [_with_lsn(row) for row in page],
        "_count": len(page),
    }
    charge = sum(read_units(row.size) for row in page) * factor
    return Answer(200, encode_json(body), charge, headers)


def _with_lsn(row: Row) -> msgspec.Raw:
    """The stored text with the transaction's number as its last property."""
    return msgspec.Raw(f'{row.body[:-1]},"_lsn":{row.lsn}}}'.encode())

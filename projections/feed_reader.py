"""The change feed of the event store, pulled: by range, from a continuation that the reader keeps itself."""

import logging
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import msgspec

from event_store.archive import Archive
from event_store.chain import stored_fields
from event_store.cosmos_errors import translated
from event_store.errors import DamagedEvent

if TYPE_CHECKING:
    from azure.cosmos.aio import ContainerProxy

logger = logging.getLogger(__name__)

PAGE: Final = 500
EPK_END: Final = 2**126
"""Effective partition keys are hex numbers of 128 bits whose two highest are never set."""

_GLOBAL_LSN = re.compile(r"^[^:]*:[^#]*#(\d+)")

type FeedRange = dict[str, Any]
"""Opaque, as the SDK gives it."""


class Position(msgspec.Struct, frozen=True):
    """Where a reader stands in one range: at the beginning as long as there is no continuation."""

    range: FeedRange
    continuation: str | None = None


class Page(msgspec.Struct, frozen=True):
    """Documents of the feed as stored (those of one transaction in any order) and the position behind.

    `written` is when each was written, in seconds since the epoch; `share` how much of what the range
    holds now lies before the position, 0 to 1, estimated. No documents: the end.
    """

    documents: Sequence[dict[str, Any]]
    position: Position
    written: Sequence[float]
    share: float


class FeedReader:
    """Reads the feed of the events container: with an archive, the events that it holds, else their stubs.

    A stub stands in the feed where the event was archived, behind all that came before that.
    `page_size` is in documents.
    """

    def __init__(
        self,
        container: "ContainerProxy",
        archive: Archive | None = None,
        page_size: int = PAGE,
    ) -> None:
        self._container = container
        self._archive = archive
        self._page_size = page_size

    async def ranges(self, workers: int = 1) -> list[Position]:
        """The beginnings of the feed's ranges: the physical ones, split for as many workers at least."""
        with translated("list the feed's ranges"):
            physical = [found async for found in self._container.read_feed_ranges()]
        parts = -(-workers // len(physical))
        return [Position(part) for found in physical for part in split(found, parts)]

    async def page(self, position: Position, most: int | None = None) -> Page:
        """What comes next: so many documents at most, but at least one transaction; nothing at the end.

        `most` goes before the reader's own page size. Raises StoreUnavailable.

        The continuation is taken from the very answer: the SDK's page iterator takes it from the last
        answer that its client had, which with requests side by side is another's.
        """
        options: dict[str, Any] = {"continuation": position.continuation}
        if position.continuation is None:
            options = {"feed_range": position.range, "start_time": "Beginning"}
        answers: list[Mapping[str, Any]] = []
        with translated("read the change feed"):
            feed = self._container.query_items_change_feed(
                max_item_count=most or self._page_size,
                response_hook=lambda headers, _: answers.append(headers),
                **options,
            )
            documents = [document async for document in first_page(feed.by_page())]
        return Page(
            documents=[stored_fields(await self._original(document)) for document in documents],
            position=Position(position.range, answers[-1]["etag"]),
            written=[float(document["_ts"]) for document in documents],
            share=share(documents, answers[-1]),
        )

    async def _original(self, document: dict[str, Any]) -> dict[str, Any]:
        """What a stub stands for; one that stands for nothing, as it is."""
        if self._archive is None:
            return document
        try:
            return await self._archive.original(document)
        except DamagedEvent as error:
            logger.error("%s", error)
            return document

    async def pages(self, position: Position, until: float | None = None) -> AsyncIterator[Page]:
        """Page after page to the end, or of what was written up to a moment."""
        while True:
            page = await self.page(position)
            ready = sum(until is None or moment <= until for moment in page.written)
            if ready < len(page.documents):
                page = await self.page(position, ready) if ready else page
            if not ready:
                return
            yield page
            position = page.position


async def first_page(
    pages: AsyncIterator[AsyncIterator[dict[str, Any]]],
) -> AsyncIterator[dict[str, Any]]:
    async for page in pages:
        async for document in page:
            yield document
        return


def share(documents: Sequence[Mapping[str, Any]], headers: Mapping[str, Any]) -> float:
    """The last document's log sequence number over the partition's, as the SDKs' estimators take it."""
    newest = _GLOBAL_LSN.match(str(headers.get("x-ms-session-token", "")))
    if not documents or newest is None or not int(newest[1]):
        return 1.0
    last: int = max(document.get("_lsn", 0) for document in documents)
    return min(1.0, last / int(newest[1]))


def split(feed_range: FeedRange, parts: int) -> list[FeedRange]:
    """Sub-ranges of a range of effective partition keys; a range of another form stays whole."""
    bounds = feed_range.get("Range")
    if parts < 2 or not isinstance(bounds, dict) or bounds.get("isMaxInclusive"):
        return [feed_range]
    low, high = edge(bounds["min"], 0), edge(bounds["max"], EPK_END)
    inner = [f"{low + (high - low) * part // parts:032X}" for part in range(1, parts)]
    edges = [bounds["min"], *inner, bounds["max"]]
    return [{"Range": {**bounds, "min": one, "max": other}} for one, other in pairwise(edges)]


def edge(text: str, otherwise: int) -> int:
    """A bound as a number; the open ends ('' and 'FF') have none of their own."""
    return otherwise if text in ("", "FF") else int(text.ljust(32, "0"), 16)

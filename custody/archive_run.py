"""A run of the archive through the whole log: which streams have old events, and whether those may go.

What may go is older than was asked for, was written longer ago than the hub keeps events, and lies before
reconcile's position in the change feed: every event there is in every projection. A stream of which an event
may not have reached the hub yet (projections/undelivered.py) stays for the next run.
"""

import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from event_store.archive import is_stub
from event_store.archiver import Archived, Archiver, Old
from event_store.documents import timestamp
from event_store.errors import DamagedEvent
from event_store.publisher import RETENTION_DAYS
from projections.feed_reader import FeedReader, Page, Position
from projections.positions import Kept, Positions
from projections.reconcile import OWNER as RECONCILE
from projections.undelivered import Undelivered

DAY_SECONDS: Final = 86_400

logger = logging.getLogger(__name__)


class CannotArchive(Exception):
    """A run that is not begun; the text says why."""


class TooYoung(CannotArchive):
    """Events that the hub still keeps are not archived."""

    def __init__(self, days: int) -> None:
        super().__init__(
            f"Events of the last {RETENTION_DAYS} days stay, because the hub keeps them: "
            f"olderThanDays must be {RETENTION_DAYS} at least, not {days}."
        )


class NotReconciled(CannotArchive):
    """Nobody can tell yet which events have reached the projections."""

    def __init__(self) -> None:
        super().__init__("Reconcile has not run yet: what it has not passed is not archived.")


class Wanted(msgspec.Struct, frozen=True, rename="camel"):
    """What a run is to archive: events of so many days ago; with `keep_last`, of living streams too, all
    behind the snapshot but so many of the newest. A dry run only counts."""

    older_than_days: int
    keep_last: int | None = None
    dry_run: bool = False


class Step(msgspec.Struct, frozen=True):
    """A page of the log that a run has been through: where it stands in its range, as reached from
    `archived` streams; `damaged` names those that were left alone."""

    kept: Kept
    streams: int
    archived: Archived
    damaged: Sequence[str] = ()
    ended: bool = False


class ArchiveRun:
    """Goes through the log and archives what is old. `clock` gives seconds since the epoch."""

    def __init__(
        self,
        reader: FeedReader,
        positions: Positions,
        undelivered: Undelivered,
        archiver: Archiver,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._reader = reader
        self._positions = positions
        self._undelivered = undelivered
        self._archiver = archiver
        self._clock = clock

    async def old(self, wanted: Wanted) -> Old:
        """What counts as old now. Raises TooYoung, NotReconciled, StoreUnavailable."""
        if wanted.older_than_days < RETENTION_DAYS:
            raise TooYoung(wanted.older_than_days)
        now = self._clock()
        recorded = datetime.fromtimestamp(now - wanted.older_than_days * DAY_SECONDS, UTC)
        settled = min(now - RETENTION_DAYS * DAY_SECONDS, await self._reconciled(now))
        return Old(timestamp(recorded), settled)

    async def _reconciled(self, now: float) -> float:
        """Every document written before that moment (seconds since the epoch) has been reconciled.

        The feed of a range is in the order of writing, to the second: so the first document that is not
        reconciled tells, less a second.
        """
        kept = await self._positions.load(RECONCILE)
        if not kept:
            raise NotReconciled
        pages = [await self._reader.page(one.position) for one in kept]
        return min([now, *(min(page.written) - 1 for page in pages if page.documents)])

    async def steps(self, kept: Kept, wanted: Wanted, old: Old) -> AsyncIterator[Step]:
        """Archives the streams of a range, from a position to where nothing is old.

        Interrupted anywhere, a run from the same or an earlier position finishes it. Raises
        StoreUnavailable.
        """
        seen: set[str] = set()
        while True:
            page = await self._reader.page(kept.position)
            if not page.documents or min(page.written) > old.written:
                yield Step(msgspec.structs.replace(kept, share=1.0), 0, Archived(), ended=True)
                return
            streams = _streams(page, old) - seen - await self._undelivered.streams()
            seen |= streams
            kept = Kept(kept.id, page.position, kept.events + len(page.documents), page.share)
            yield await self._step(kept, sorted(streams), wanted, old)

    async def _step(self, kept: Kept, streams: list[str], wanted: Wanted, old: Old) -> Step:
        archived, damaged = Archived(), []
        for stream in streams:
            try:
                archived += await self._archiver.archive(
                    stream, old, wanted.keep_last, dry_run=wanted.dry_run
                )
            except DamagedEvent as error:
                logger.error("%s", error)
                damaged.append(stream)
        return Step(kept, len(streams), archived, damaged)

    async def beginnings(self) -> list[Position]:
        """The ranges that a run goes through."""
        return await self._reader.ranges()

    def starting(self, beginnings: Sequence[Position]) -> list[Kept]:
        """The beginnings as positions that nobody keeps: such a run starts anew after an interruption."""
        return [Kept(str(number), position) for number, position in enumerate(beginnings)]


def _streams(page: Page, old: Old) -> set[str]:
    """The streams that have old events on a page."""
    return {
        document["aggregateId"]
        for document in page.documents
        if not is_stub(document) and document["timestamp"] <= old.recorded
    }

"""The proof of history: every stream from its first event, in parallel, archived events included.

The feed is read from the beginning, range by range; a stream lies in one range. What is remembered of a
stream between pages is its newest link, and the links of events that came ahead of their turn.
"""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from custody.findings import Finding
from custody.heads import ForgedList, Hashes, HeadLists
from custody.stream_check import StreamCheck
from event_store.archive import Archive, is_stub, stub
from event_store.errors import BlobMissing, DamagedEvent
from projections.feed_reader import FeedReader, Page, Position

EVENT_ID: Final = re.compile(r"[0-9]{12}")

type Saw = Callable[[int, Page], None]
"""Told of every page, with the number of its range."""


class Restore(msgspec.Struct, frozen=True):
    """The store was taken back `to` a moment, and written again from `until` on (as timestamps of events).

    Lists that were signed in between name events that are gone; what is left of them is listed anew.
    """

    to: str
    until: str

    def took_back(self, signed_at: str) -> bool:
        return self.to <= signed_at <= self.until


class Report(msgspec.Struct, frozen=True):
    """What was looked at, and what was found: the first finding of each stream, by stream.

    `lists` says what is wrong with the signed lists, if anything; without `heads` nothing was signed, and a
    cut tail would not be seen.
    """

    events: int
    streams: int
    heads: int
    findings: Sequence[Finding]
    lists: str | None = None

    @property
    def sound(self) -> bool:
        return not self.findings and self.lists is None


class Verification:
    """Checks the whole log."""

    def __init__(self, reader: FeedReader, archive: Archive, lists: HeadLists) -> None:
        self._reader = reader
        self._archive = archive
        self._lists = lists

    async def ranges(self, workers: int) -> list[Position]:
        """The ranges that so many workers go through side by side."""
        return await self._reader.ranges(workers)

    async def run(
        self,
        ranges: Sequence[Position],
        saw: Saw = lambda number, page: None,
        restores: Sequence[Restore] = (),
    ) -> Report:
        """Goes through all ranges. Raises StoreUnavailable, KeysUnavailable."""
        signed, heads, lists = await self._signed(restores)
        walks = [_Walk(self._reader, self._archive, signed) for _ in ranges]
        await asyncio.gather(
            *(walk.run(n, at, saw) for n, (walk, at) in enumerate(zip(walks, ranges, strict=True)))
        )
        findings = [finding for walk in walks for finding in walk.findings]
        findings += [gone for gone in (_gone(*one) for one in signed.items()) if gone]
        return Report(
            events=sum(walk.events for walk in walks),
            streams=sum(walk.streams for walk in walks),
            heads=heads,
            findings=sorted(findings, key=lambda finding: (finding.stream, finding.version)),
            lists=lists,
        )

    async def _signed(
        self, restores: Sequence[Restore]
    ) -> tuple[dict[str, Hashes], int, str | None]:
        """The signed hashes of each stream that must be there, how many they are, and what is wrong with
        the lists."""
        signed: dict[str, Hashes] = {}
        count = 0
        try:
            async for one in self._lists.all():
                if any(restore.took_back(one.at) for restore in restores):
                    continue
                count += len(one.heads)
                for stream, (version, hash_) in one.heads.items():
                    signed.setdefault(stream, {}).setdefault(version, hash_)
        except ForgedList as error:
            return signed, count, str(error)
        return signed, count, None


class _Walk:
    """One range, from the beginning of the feed to its end."""

    def __init__(self, reader: FeedReader, archive: Archive, signed: dict[str, Hashes]) -> None:
        self._reader = reader
        self._archive = archive
        self._signed = signed
        self._checks: dict[str, StreamCheck] = {}
        self.findings: list[Finding] = []
        self.events = 0
        self.streams = 0

    async def run(self, number: int, position: Position, saw: Saw) -> None:
        async for page in self._reader.pages(position):
            for document in page.documents:
                await self._check(document)
            self.events += len(page.documents)
            saw(number, page)
        self.streams = len(self._checks)
        found = [check.end() for check in self._checks.values()]
        self.findings += [finding for finding in found if finding]
        self._checks.clear()

    async def _check(self, document: dict[str, Any]) -> None:
        stream = str(document.get("aggregateId"))
        check = self._checks.get(stream)
        if check is None:
            check = StreamCheck(stream, self._signed.pop(stream, {}))
            self._checks[stream] = check
        if not EVENT_ID.fullmatch(document["id"]) or document["id"] == "0" * 12:
            check.found(_said(document), "inserted", f"'{document['id']}' is no id of an event")
            return
        version = int(document["id"])
        if is_stub(document):
            await self._check_stub(check, version, document)
        else:
            check.add(version, document)

    async def _check_stub(self, check: StreamCheck, version: int, document: dict[str, Any]) -> None:
        if document.get("version") != version:
            check.lost(version, "altered", f"its stub says version {document.get('version')}")
            return
        try:
            event = await self._archive.original(document)
        except (DamagedEvent, BlobMissing) as error:
            check.lost(version, "removed", str(error))
            return
        check.add(version, event)
        if not _is_stub_of(document, event):
            check.found(version, "altered", "its stub is not that of the archived event")


def _said(document: Mapping[str, Any]) -> int:
    """The version that a document which is no event claims, if any."""
    version = document.get("version")
    return version if isinstance(version, int) else 0


def _is_stub_of(document: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    try:
        return document == stub(event, document["blob"])
    except (KeyError, TypeError):
        return False


def _gone(stream: str, signed: Hashes) -> Finding | None:
    """A stream that was signed and never met."""
    return StreamCheck(stream, signed).end()

"""One stream's chain, checked event by event in whatever order they come."""

from collections.abc import Mapping
from typing import Any

import msgspec

from custody.findings import Finding, Kind
from event_store import chain

type Link = tuple[str | None, str]
"""An event's `previousHash` and `hash`."""

START = (None, None)


class StreamCheck(msgspec.Struct):
    """What is known of a stream: linked up to `version`, and what came ahead of its turn.

    `signed` has the hashes, by version, that signed lists name. An event that is not what was hashed is a
    finding itself and has no link: it says nothing of its neighbours.
    """

    stream: str
    signed: dict[int, str]
    version: int = 0
    link: tuple[str | None, str | None] | None = START
    ahead: dict[int, Link | None] = {}
    broken: int = 0
    finding: Finding | None = None

    def add(self, version: int, event: Mapping[str, Any]) -> None:
        """Takes the event that was found in the place of a version."""
        signed = self.signed.pop(version, None)
        if event.get("version") != version:
            self.found(version, "reordered", f"it says that it is version {event.get('version')}")
            self._take(version, None)
        elif not _is_intact(event):
            self.found(version, "altered", "it is not what was hashed when it was appended")
            self._take(version, None)
        else:
            if signed not in (None, event["hash"]):
                self.found(version, "altered", "it is not the event that was signed")
            self._take(version, (event.get("previousHash"), event["hash"]))

    def lost(self, version: int, kind: Kind, detail: str) -> None:
        """Takes note that what was found in the place of a version leads to no event."""
        self.signed.pop(version, None)
        self.found(version, kind, detail)
        self._take(version, None)

    def found(self, version: int, kind: Kind, detail: str) -> None:
        if self.finding is None or version < self.finding.version:
            self.finding = Finding(self.stream, version, kind, detail)

    def end(self) -> Finding | None:
        """The first thing that is wrong with the stream, once all of it was added."""
        if self.ahead:
            self.found(self.version + 1, "removed", "it is not there, and a later one is")
        for version in sorted(self.signed)[:1]:
            self.found(version, "removed", "it was signed, and is not there")
        return self.finding

    def _take(self, version: int, link: Link | None) -> None:
        """Links what is next, as far as there is any."""
        if version > self.version:
            self.ahead[version] = link
        while self.version + 1 in self.ahead:
            self.version += 1
            following = self.ahead.pop(self.version)
            if self.link and following and following[0] != self.link[1]:
                self._break(self.link, following)
            self.link = following

    def _break(self, link: tuple[str | None, str | None], following: Link) -> None:
        """Names the earlier of two events that do not follow each other; the later one, once what is
        behind that does not follow it either."""
        kind: Kind = "reordered" if link[0] == following[1] else "altered"
        if self.broken and self.broken == self.version - 1:
            if self.finding and self.finding.version == max(1, self.broken - 1):
                self.finding = None
            self.found(self.broken, kind, "nothing follows it, and it follows nothing")
        elif not self.broken:
            self.broken = self.version
            earlier = max(1, self.version - 1)
            self.found(earlier, kind, f"version {self.version} does not follow it")


def _is_intact(event: Mapping[str, Any]) -> bool:
    """What can't be hashed was not appended."""
    try:
        return chain.is_intact(event)
    except (OverflowError, ValueError):
        return False

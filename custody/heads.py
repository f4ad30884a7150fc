"""Signed lists of streams' heads: what makes a cut tail, and a history that was hashed anew, visible.

Every list names the heads that moved since the list before, and the signature of that. The blobs are
written once; where their container has an immutability policy nobody can take them away.
"""

import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Final

import msgspec

from event_store.blobs import Blobs
from event_store.canonical import canonical_json
from event_store.documents import timestamp
from privacy.key_ring import KeyRing
from privacy.signing import is_signature, signature
from projections.feed_reader import FeedReader, Page
from projections.positions import Kept, Positions

OWNER: Final = "heads"
PURPOSE: Final = "azure-event-sourcing: signed heads"
MOST_HEADS: Final = 50_000
"""In one list."""

type Hashes = dict[int, str]
"""Hashes of a stream's events by version."""


class HeadList(msgspec.Struct, frozen=True, rename="camel"):
    """Heads by stream: version and hash. `previous` is the signature of the list before."""

    number: int
    at: str
    key_version: str
    previous: str
    heads: dict[str, tuple[int, str]]
    signature: str = ""

    @property
    def message(self) -> bytes:
        """What is signed: all but the signature."""
        unsigned = msgspec.to_builtins(self)
        del unsigned["signature"]
        return canonical_json(unsigned)


class ForgedList(Exception):
    """A list is not what was signed, or one is missing."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"The list of heads '{name}' {why}.")


class HeadLists:
    """The lists in a container of blobs, numbered from 1."""

    def __init__(self, blobs: Blobs, keys: KeyRing) -> None:
        self._blobs = blobs
        self._keys = keys

    async def append(self, heads: dict[str, tuple[int, str]], at: str) -> bool:
        """Signs a list and puts it behind the others; False when somebody else was faster.

        Raises KeysUnavailable, StoreUnavailable, ForgedList where the newest list can't be read.
        """
        names = [name async for name in self._blobs.names()]
        previous = (await self._read(names[-1])).signature if names else ""
        key = await self._keys.newest()
        unsigned = HeadList(len(names) + 1, at, key.version, previous, heads)
        signed = msgspec.structs.replace(
            unsigned, signature=signature(key.secret, PURPOSE, unsigned.message)
        )
        return await self._blobs.put(_name(signed.number), msgspec.json.encode(signed))

    async def all(self) -> AsyncIterator[HeadList]:
        """Every list, the oldest first. Raises ForgedList, KeysUnavailable, StoreUnavailable."""
        number, previous = 0, ""
        async for name in self._blobs.names():
            number += 1
            if name != _name(number):
                raise ForgedList(_name(number), "is missing")
            found = await self._read(name)
            key = await self._keys.version(found.key_version)
            if not is_signature(found.signature, key.secret, PURPOSE, found.message):
                raise ForgedList(name, "is not what was signed")
            if (found.number, found.previous) != (number, previous):
                raise ForgedList(name, "is not the one that follows the list before it")
            previous = found.signature
            yield found

    async def _read(self, name: str) -> HeadList:
        try:
            return msgspec.json.decode(await self._blobs.read(name) or b"", type=HeadList)
        except msgspec.DecodeError as error:
            raise ForgedList(name, "cannot be read") from error


class HeadSigner:
    """Follows the feed and lists the heads that moved. `clock` gives seconds since the epoch."""

    def __init__(
        self,
        reader: FeedReader,
        positions: Positions,
        lists: HeadLists,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._reader = reader
        self._positions = positions
        self._lists = lists
        self._clock = clock

    async def run(self) -> int:
        """Lists the heads that moved since the last run, and says how many.

        One that dies in between lists them again. Raises what HeadLists.append raises.
        """
        kept = await self._positions.load(OWNER)
        if not kept:
            kept = await self._positions.begin(OWNER, await self._reader.ranges())
        listed = 0
        for one in kept:
            heads: dict[str, tuple[int, str]] = {}
            async for page in self._reader.pages(one.position):
                _move(heads, page)
                one = Kept(one.id, page.position, one.events + len(page.documents), page.share)
                if len(heads) >= MOST_HEADS:
                    break
            if heads and await self._append(heads):
                listed += len(heads)
                await self._positions.save(OWNER, one)
        return listed

    async def _append(self, heads: dict[str, tuple[int, str]]) -> bool:
        at = timestamp(datetime.fromtimestamp(self._clock(), UTC))
        return await self._lists.append(heads, at)


def _move(heads: dict[str, tuple[int, str]], page: Page) -> None:
    """Takes the newest event of each stream on a page, or its stub. What is neither is left to the proof of
    history."""
    for document in page.documents:
        match document:
            case {"aggregateId": str(stream), "version": int(version), "hash": str(hash_)}:
                heads[stream] = max(heads.get(stream, (0, "")), (version, hash_))


def _name(number: int) -> str:
    return f"{number:012d}.json"

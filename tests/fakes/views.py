"""Views in memory, written conditionally as the real ones are, with other writers where a test wants them."""

import asyncio
from collections import deque
from typing import Any

import msgspec

from domain.values import from_json, to_json
from projections.advance import Cursor
from projections.projection import View
from projections.view_store import StoredView, ViewStore


class FakeViewStore(ViewStore):
    """`overtaken` says for the next writes whether another writer was faster; `failures` by aggregate."""

    def __init__(self) -> None:
        super().__init__(container=_no_container)
        self.stored: dict[tuple[str, str], tuple[bytes, int, str]] = {}
        self.overtaken: deque[bool] = deque()
        self.failures: dict[str, Exception] = {}
        self.loads: list[str] = []
        self.saves: list[str] = []
        self._etag = 0

    async def load[V](self, view: View[V], aggregate_id: str) -> StoredView[V]:
        self.loads.append(aggregate_id)
        await asyncio.sleep(0)
        if aggregate_id in self.failures:
            raise self.failures[aggregate_id]
        entry = self.stored.get((view.name, aggregate_id))
        if entry is None:
            return StoredView(Cursor())
        body, version, etag = entry
        stored = msgspec.json.decode(body, type=view.shape, dec_hook=from_json)
        return StoredView(Cursor(version, stored), etag)

    async def save[V](
        self, view: View[V], aggregate_id: str, cursor: Cursor[V], etag: str | None
    ) -> bool:
        self.saves.append(aggregate_id)
        await asyncio.sleep(0)
        if self.overtaken and self.overtaken.popleft():
            return False
        entry = self.stored.get((view.name, aggregate_id))
        if (entry[2] if entry else None) != etag:
            return False
        self._etag += 1
        body = msgspec.json.encode(cursor.view, enc_hook=to_json)
        self.stored[view.name, aggregate_id] = (body, cursor.version, str(self._etag))
        return True

    def cursor[V](self, view: View[V], aggregate_id: str) -> Cursor[V]:
        """What is stored of a view, for a test to look at."""
        entry = self.stored.get((view.name, aggregate_id))
        if entry is None:
            return Cursor()
        return Cursor(entry[1], msgspec.json.decode(entry[0], type=view.shape, dec_hook=from_json))

    def forget_requests(self) -> None:
        self.loads.clear()
        self.saves.clear()


def _no_container(name: str) -> Any:
    raise AssertionError(f"container '{name}' was asked for")

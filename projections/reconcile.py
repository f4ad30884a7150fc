"""What delivery lost for good, healed.

A reader of the change feed follows some minutes behind and calls catch up for whatever a projection lacks. What
lies before its position is in every projection, or parked, and on the hub, or marked to be sent there again;
what lies behind it is counted for the lag.
"""

import time
from collections.abc import Sequence
from itertools import chain
from typing import Final

from event_store.documents import Codec
from event_store.settling import settle
from projections.arrivals import arrived, batch_of, progressed
from projections.engine import Engine
from projections.feed_reader import FeedReader
from projections.partition_run import Batch
from projections.positions import Kept, Positions
from projections.projection import Projection
from projections.undelivered import Undelivered

BEHIND_SECONDS: Final = 120.0
"""What live delivery has before reconcile looks; else it would find work that is under way."""
OWNER: Final = "reconcile"


class Reconcile:
    """Follows the feed behind live delivery."""

    def __init__(
        self,
        reader: FeedReader,
        positions: Positions,
        codec: Codec,
        engine: Engine,
        undelivered: Undelivered,
        behind_seconds: float = BEHIND_SECONDS,
    ) -> None:
        self._reader = reader
        self._positions = positions
        self._codec = codec
        self._engine = engine
        self._undelivered = undelivered
        self._behind_seconds = behind_seconds

    async def run(self, projections: Sequence[Projection], seconds: float) -> None:
        """Goes on from where the last run ended, for so many seconds at most.

        Raises an ExceptionGroup when a projection could not catch up; the position stays there. What
        earlier runs marked as undelivered is sent meanwhile.
        """
        kept = await self._positions.load(OWNER)
        if not kept:
            kept = await self._positions.begin(OWNER, await self._reader.ranges())
        until, deadline = time.time() - self._behind_seconds, time.monotonic() + seconds
        await settle(
            "reconcile stopped",
            (
                self._undelivered.forward(deadline),
                *(self._range(projections, one, until, deadline) for one in kept),
            ),
        )

    async def _range(
        self, projections: Sequence[Projection], kept: Kept, until: float, deadline: float
    ) -> None:
        async for page in self._reader.pages(kept.position, until):
            news = arrived(self._codec, page)
            await settle(
                "projections could not catch up",
                (self._heal(projection, batch_of(projection, news)) for projection in projections),
            )
            kept = progressed(kept, page)
            await self._positions.save(OWNER, kept)
            if time.monotonic() > deadline:
                return

    async def _heal(self, projection: Projection, batch: Batch) -> None:
        late = await self._engine.lacking(projection, batch)
        await self._undelivered.mark(chain.from_iterable(late.values()))
        await self._engine.catch_up_batch(projection, late)

"""A rebuild beside a shop that never rests."""

import time
from typing import Final

from projections.feed_reader import FeedReader, Page, Position
from projections.rebuild import AHEAD_SECONDS
from tests.integration.projections.rebuilding import Clock, generations, instance, rebuilt
from tests.integration.projections.test_rebuild import complete, versions
from tests.stack.in_process import account as open_account
from tests.stack.log import Log
from tests.stack.projections import RECEIVED

PAGES: Final = 500
"""After so many a reader that looks for the end of the feed has lost its way."""


class Busy(FeedReader):
    """Of a feed without an end: before each page there is one more event, a second later."""

    clock: Clock
    log: Log
    read = 0

    async def page(self, position: Position, most: int | None = None) -> Page:
        self.read += 1
        assert self.read < PAGES, "it runs after the end"
        self.clock.now += 1
        await self.log.receive("p", 1)
        return await super().page(position, most)


async def test_one_ends_although_events_never_cease() -> None:
    clock = Clock()
    clock.now = time.time()
    async with open_account(clock) as account:
        reader = Busy(await account.container("events"))
        live = await instance(account, clock)
        application = await instance(account, clock, reader=reader)
        reader.clock, reader.log = clock, Log(live)
        for name in "pq":
            await live.engine.catch_up(RECEIVED, await reader.log.receive(name, 1, 2))
        await application.rebuilder.start(RECEIVED)
        state = await application.rebuilder.step(RECEIVED, seconds=60)
        assert state is not None
        assert (state.phase, state.generation) == ("settling", 2)
        assert await rebuilt(application, RECEIVED, clock) == "done"
        await live.engine.catch_up(RECEIVED, reader.log.all())
        assert await generations(account, RECEIVED) == {"2"}
        assert await versions(account, RECEIVED, 2) == complete(RECEIVED, reader.log)


async def test_what_a_clock_ahead_of_ours_has_just_written_is_in_it() -> None:
    clock = Clock()
    clock.now = time.time()
    async with open_account(lambda: clock.now + AHEAD_SECONDS - 1) as account:
        application = await instance(account, clock)
        log = Log(application)
        await log.receive("p", 1, 2)
        await application.rebuilder.start(RECEIVED)
        state = await application.rebuilder.step(RECEIVED, seconds=60)
        assert state is not None
        assert state.phase == "settling"
        assert await versions(account, RECEIVED, 2) == complete(RECEIVED, log)

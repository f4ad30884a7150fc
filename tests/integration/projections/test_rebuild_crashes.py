"""Rebuilds that die at any of their writes, and readers who notice nothing."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from itertools import count

import pytest

from projections.projection import Projection
from projections.rebuild import NotStarted, Phase
from tests.integration.projections.rebuilding import PAUSE, Clock, generations, instance, rebuilt
from tests.integration.projections.test_rebuild import Defect, complete, versions
from tests.stack.dying import Death, Died, When
from tests.stack.in_process import Account
from tests.stack.in_process import account as open_account
from tests.stack.log import Log
from tests.stack.projections import JOURNAL, RECEIVED, WIDE
from wiring import Application


async def lived(account: Account, clock: Clock, projection: Projection, death: Death) -> None:
    """A process that starts a rebuild and takes it on, until it dies."""
    with suppress(Died, ExceptionGroup):
        process = await instance(account, clock, death, page_size=4)
        await process.rebuilder.start(projection, workers=2)
        await rebuilt(process, projection, clock)


async def with_death(projection: Projection, death: Death) -> None:
    """A rebuild whose process dies, taken on by another while events go on coming."""
    clock = Clock()
    async with open_account() as account:
        live = await instance(account, clock)
        log = Log(live)
        for name in "pq":
            await live.engine.catch_up(projection, await log.receive(name, 1, 2))
        await lived(account, clock, projection, death)
        await live.engine.catch_up(projection, await log.receive("p", 3))
        successor = await instance(account, clock)
        state = await successor.rebuilder.start(projection)
        assert await rebuilt(successor, projection, clock) == "done"
        assert await generations(account, projection) == {str(state.generation)}
        assert await versions(account, projection, state.generation) == complete(projection, log)
        pointer = await successor.generations.read(projection)
        assert (pointer.live, pointer.others) == (state.generation, ())


@pytest.mark.parametrize(
    ("projection", "when"),
    [(RECEIVED, "before"), (RECEIVED, "after"), (WIDE, "after"), (JOURNAL, "before")],
    ids=lambda value: getattr(value, "name", value),
)
async def test_one_that_dies_at_any_of_its_writes_is_taken_to_its_end_by_another(
    projection: Projection, when: When
) -> None:
    for at in count(1):
        death = Death(at, when)
        await with_death(projection, death)
        if not death.came:
            break
    assert at > 12


@pytest.mark.parametrize("when", ["before", "after"])
async def test_one_that_dies_while_it_is_refused_is_refused_by_another(when: When) -> None:
    defective = replace(RECEIVED, evolve=Defect("q"))
    for at in count(1):
        clock, death = Clock(), Death(at, when)
        async with open_account() as account:
            live = await instance(account, clock)
            log = Log(live)
            for name in "pq":
                await live.engine.catch_up(RECEIVED, await log.receive(name, 1, 2))
            await lived(account, clock, defective, death)
            successor = await instance(account, clock)
            if (await phase(successor)) in ("running", None):
                await successor.rebuilder.start(defective)
                assert await rebuilt(successor, defective, clock) == "refused"
            assert (await successor.generations.read(RECEIVED)).written == (1,)
            await successor.rebuilder.start(RECEIVED)
            assert await rebuilt(successor, RECEIVED, clock) == "done"
            assert len(await generations(account, RECEIVED)) == 1
            clock.now += PAUSE
            for name in "pq":
                assert (await successor.view_reader.read(RECEIVED, name)).view.versions == (1, 2)
        if not death.came:
            break
    assert at > 7


async def phase(application: Application) -> Phase | None:
    try:
        return (await application.rebuilder.progress(RECEIVED)).phase
    except NotStarted:
        return None


async def test_reading_never_fails_and_never_goes_back_while_a_rebuild_runs(
    account: Account,
) -> None:
    clock = Clock()
    live, rebuilding, reading = [await instance(account, clock, page_size=5) for _ in range(3)]
    log = Log(live)
    for number in range(10):
        await live.engine.catch_up(RECEIVED, await log.receive(f"{number}", 1))
    over = asyncio.Event()

    async def write() -> None:
        while not over.is_set():
            for number in range(10):
                await live.engine.catch_up(RECEIVED, await log.receive(f"{number}", 1))

    async def read() -> set[int]:
        newest, seen = dict.fromkeys(map(str, range(10)), 0), set()
        while not over.is_set():
            for product in newest:
                answer = await reading.view_reader.read(RECEIVED, product)
                assert answer.version >= newest[product]
                assert answer.view.versions == tuple(range(1, answer.version + 1))
                newest[product] = answer.version
                seen.add(await reading.generations.live(RECEIVED))
        return seen

    async def rebuild() -> None:
        for _ in range(2):
            await rebuilding.rebuilder.start(RECEIVED, workers=2)
            while (await rebuilding.rebuilder.progress(RECEIVED)).phase != "done":
                await rebuilding.rebuilder.step(RECEIVED, seconds=60)
                clock.now += 5
        over.set()

    _, seen, _ = await asyncio.gather(write(), read(), rebuild())
    assert seen == {1, 2, 3}
    assert await generations(account, RECEIVED) == {"3"}
    assert await versions(account, RECEIVED, 3) == complete(RECEIVED, log)

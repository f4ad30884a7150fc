"""Rebuilds: beside the live generation, from the first event, flipped, cleared; refused where more is parked."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from domain.events import Recorded
from projections.feed_reader import FeedReader, Page, Position
from projections.projection import Projection
from projections.rebuild import NotRebuildable, NotStarted, Phase
from tests.integration.projections.rebuilding import (
    PAUSE,
    Clock,
    generations,
    instance,
    rebuilt,
)
from tests.stack import sums
from tests.stack.in_process import Account
from tests.stack.log import Log
from tests.stack.projections import (
    JOURNAL,
    RECEIVED,
    RECEIVED_BY_SHARD,
    WIDE,
    Effects,
    Received,
    evolve,
    reaction,
)

KINDS = [RECEIVED, RECEIVED_BY_SHARD, WIDE, JOURNAL]
EVERY_KIND = pytest.mark.parametrize("projection", KINDS, ids=lambda kind: kind.name)


async def versions(
    account: Account, projection: Projection, generation: int
) -> dict[str, list[int]]:
    """The versions of all documents of a generation that are of an aggregate."""
    found: dict[str, list[int]] = {}
    for document in await account.documents(projection.container):
        place, _, name = document.get("pk", document["id"]).partition("|")
        if place == str(generation) and "version" in document and name != "cursor":
            id_ = document.get("aggregateId", document["id"])
            found.setdefault(id_, []).append(document["version"])
    return {id_: sorted(each) for id_, each in found.items()}


def complete(projection: Projection, log: Log) -> dict[str, list[int]]:
    """What a generation should hold of a log."""
    lengths = {stream: len(events) for stream, events in log.streams.items()}
    if projection is JOURNAL:
        return {stream: list(range(1, length + 1)) for stream, length in lengths.items()}
    return {stream: [length] for stream, length in lengths.items()}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@EVERY_KIND
async def test_a_rebuild_ends_in_a_new_generation_and_leaves_nothing_of_the_old_one(
    account: Account, clock: Clock, projection: Projection
) -> None:
    application = await instance(account, clock)
    log = Log(application)
    for number in range(60):
        await log.receive(f"{number}", 1, 2)
    await application.engine.catch_up(projection, log.all())
    assert await generations(account, projection) == {"1"}
    rebuilder = application.rebuilder
    started = await rebuilder.start(projection, workers=3)
    assert (started.phase, started.generation) == ("running", 2)
    flipped = await rebuilder.step(projection, seconds=60)
    assert flipped
    assert (flipped.phase, flipped.until) == ("settling", clock.now + PAUSE)
    assert (await application.generations.read(projection)).written == (2, 1)
    assert await rebuilder.step(projection, seconds=60) == flipped
    clock.now += PAUSE
    clearing = await rebuilder.step(projection, seconds=60)
    assert clearing
    assert (clearing.phase, clearing.until) == ("clearing", clock.now + PAUSE)
    assert (await application.generations.read(projection)).written == (2,)
    assert await rebuilder.step(projection, seconds=60) == clearing
    assert await generations(account, projection) == {"1", "2"}
    clock.now += PAUSE
    done = await rebuilder.step(projection, seconds=60)
    assert done
    assert done.phase == "done"
    assert await rebuilder.step(projection, seconds=60) == done
    assert await generations(account, projection) == {"2"}
    assert await versions(account, projection, 2) == complete(projection, log)


async def test_views_that_nobody_has_begun_are_created_without_a_read(
    account: Account, clock: Clock
) -> None:
    application = await instance(account, clock)
    log = Log(application)
    for number in range(3):
        await log.receive(f"{number}", 1, 2)
    await application.rebuilder.start(RECEIVED)
    account.requests()
    await application.rebuilder.step(RECEIVED, seconds=60)
    assert account.requests_to(RECEIVED.container) == {"create": 3}
    assert await versions(account, RECEIVED, 2) == complete(RECEIVED, log)


@EVERY_KIND
async def test_what_live_batches_have_begun_already_is_read_and_stays_or_goes_on(
    account: Account, clock: Clock, projection: Projection
) -> None:
    application = await instance(account, clock)
    log = Log(application)
    for number in range(3):
        await log.receive(f"{number}", 1, 2)
    begun = {id_: events[:version] for version, (id_, events) in enumerate(log.streams.items(), 1)}
    await application.engine.catch_up_generation(projection, 2, begun)
    await application.rebuilder.start(projection)
    await rebuilt(application, projection, clock)
    assert await versions(account, projection, 2) == complete(projection, log)


async def test_a_report_is_the_sum_of_its_rows_in_the_new_generation_too(
    account: Account, clock: Clock
) -> None:
    application = await instance(account, clock)
    log = Log(application)
    for quantity in (350, 3, 120):
        await application.engine.catch_up(WIDE, await log.receive("p", quantity))
        await log.receive("q", quantity)
    halved = replace(
        WIDE,
        rows=lambda view: {row: {"pieces": Decimal("0.5")} for row in WIDE.rows(view)},
    )
    await application.rebuilder.start(halved)
    assert await rebuilt(application, halved, clock) == "done"
    assert await sums.stored(account, halved, 2) == sums.expected(halved, log.streams)


async def test_a_changed_fold_shows_when_the_pointer_moves_and_not_before(
    account: Account, clock: Clock
) -> None:
    def doubled(view: Received | None, recorded: Recorded[Any]) -> Received:
        return Received((), 2 * evolve(view, recorded).total - (view or Received()).total)

    old, new = await instance(account, clock), await instance(account, clock, page_size=2)
    log = Log(old)
    for name in "pqr":
        await old.engine.catch_up(RECEIVED, await log.receive(name, 1, 2))
    changed = replace(RECEIVED, evolve=doubled)
    await new.rebuilder.start(changed)
    totals = []
    while (state := await new.rebuilder.step(changed, seconds=0)) and state.phase == "running":
        totals.append((await old.view_reader.read(RECEIVED, "p")).view.total)
        if len(totals) > 3:
            break
    assert set(totals) == {3}
    assert await rebuilt(new, changed, clock) == "done"
    assert (await new.view_reader.read(changed, "p")).view.total == 6


@EVERY_KIND
async def test_live_batches_write_both_generations_while_a_rebuild_runs(
    account: Account, clock: Clock, projection: Projection
) -> None:
    live, rebuilding = await instance(account, clock), await instance(account, clock, page_size=2)
    log = Log(live)
    for name in "pqrs":
        await live.engine.catch_up(projection, await log.receive(name, 1, 2))
    await rebuilding.rebuilder.start(projection)
    await rebuilding.rebuilder.step(projection, seconds=0)
    news = [*await log.receive("s", 3), *await log.receive("t", 1)]
    await live.engine.catch_up(projection, news)
    for generation in (1, 2):
        found = await versions(account, projection, generation)
        assert (found["product-s"][-1], found["product-t"]) == (3, [1])
    assert await rebuilt(rebuilding, projection, clock) == "done"
    assert await versions(account, projection, 2) == complete(projection, log)


async def test_what_is_delivered_to_nobody_while_it_runs_is_found_by_the_last_look(
    account: Account, clock: Clock
) -> None:
    application = await instance(account, clock, page_size=2)
    log = Log(application)
    for name in "pqr":
        await log.receive(name, 1, 2)
    await application.rebuilder.start(RECEIVED)
    await application.rebuilder.step(RECEIVED, seconds=0)
    await log.receive("p", 3)
    await log.receive("s", 1)
    assert await rebuilt(application, RECEIVED, clock) == "done"
    assert await versions(account, RECEIVED, 2) == complete(RECEIVED, log)


class Late(FeedReader):
    """What is written right after a range was read to its end; `others` is that work, done once."""

    others: Callable[[], Awaitable[object]] | None = None

    async def page(self, position: Position, most: int | None = None) -> Page:
        page = await super().page(position, most)
        if not page.documents and self.others:
            others, self.others = self.others, None
            await others()
        return page


async def test_what_is_written_after_a_range_was_read_is_found_before_the_pointer_moves(
    account: Account, clock: Clock
) -> None:
    reader = Late(await account.container("events"))
    application = await instance(account, clock, reader=reader)
    log = Log(application)
    await log.receive("p", 1, 2)
    reader.others = lambda: log.receive("p", 3)
    await application.rebuilder.start(RECEIVED)
    state = await application.rebuilder.step(RECEIVED, seconds=60)
    assert state
    assert state.phase == "settling"
    assert await versions(account, RECEIVED, 2) == {"product-p": [3]}


class Defect:
    """A fold that cannot digest some products."""

    def __init__(self, *products: str) -> None:
        self.products = {f"product-{name}" for name in products}

    def __call__(self, view: Received | None, recorded: Recorded[Any]) -> Received:
        if recorded.aggregate_id in self.products:
            raise KeyError("a defect")
        return evolve(view, recorded)


async def test_a_generation_with_more_parked_aggregates_is_refused(
    account: Account, clock: Clock
) -> None:
    application = await instance(account, clock)
    log = Log(application)
    for name in "pqr":
        await application.engine.catch_up(RECEIVED, await log.receive(name, 1, 2))
    defective = replace(RECEIVED, evolve=Defect("q"))
    await application.rebuilder.start(defective)
    assert await rebuilt(application, defective, clock) == "refused"
    found = await application.generations.read(RECEIVED)
    assert (found.live, found.written) == (1, (1,))
    assert (await application.view_reader.read(RECEIVED, "q")).version == 2
    assert (await application.rebuilder.progress(RECEIVED)).phase == "refused"


async def test_after_a_refused_one_a_mended_fold_is_rebuilt_from_nothing(
    account: Account, clock: Clock
) -> None:
    application = await instance(account, clock)
    log = Log(application)
    for name in "pqr":
        await application.engine.catch_up(RECEIVED, await log.receive(name, 1, 2))

    def wrong(view: Received | None, recorded: Recorded[Any]) -> Received:
        return Defect("q")(Received((), 1_000), recorded)

    await application.rebuilder.start(replace(RECEIVED, evolve=wrong))
    assert await rebuilt(application, replace(RECEIVED, evolve=wrong), clock) == "refused"
    again = await application.rebuilder.start(RECEIVED)
    assert again.generation == 3
    assert await rebuilt(application, RECEIVED, clock) == "done"
    clock.now += PAUSE
    for name in "pqr":
        assert (await application.view_reader.read(RECEIVED, name)).view == Received((1, 2), 3)
    assert await generations(account, RECEIVED) == {"3"}
    assert await application.dead_letters.parked("received", 2) == set()


@pytest.mark.parametrize(("before", "now"), [("q", "q"), ("q", "r"), ("qr", "q"), ("q", "")])
async def test_one_with_no_more_of_them_is_taken(
    account: Account, clock: Clock, before: str, now: str
) -> None:
    application = await instance(account, clock)
    log = Log(application)
    old, new = (replace(RECEIVED, evolve=Defect(*names)) for names in (before, now))
    for name in "pqr":
        await application.engine.catch_up(old, await log.receive(name, 1, 2))
    await application.rebuilder.start(new)
    assert await rebuilt(application, new, clock) == "done"
    assert await application.dead_letters.parked("received", 1) == set()
    assert await application.dead_letters.parked("received", 2) == {f"product-{n}" for n in now}


async def test_a_damaged_last_event_counts_as_parked(account: Account, clock: Clock) -> None:
    application = await instance(account, clock)
    log = Log(application)
    await application.engine.catch_up(RECEIVED, await log.receive("p", 1, 2))
    container = await account.container("events")
    stored = await container.read_item("000000000002", "product-p")
    await container.replace_item(stored["id"], stored | {"data": {}})
    await application.rebuilder.start(RECEIVED)
    assert await rebuilt(application, RECEIVED, clock) == "refused"


async def test_a_second_start_joins_the_rebuild_that_is_under_way(
    account: Account, clock: Clock
) -> None:
    one, other = await instance(account, clock), await instance(account, clock)
    await Log(one).receive("p", 1)
    first = await one.rebuilder.start(RECEIVED)
    assert await other.rebuilder.start(RECEIVED) == first
    for phase in ("settling", "clearing", "done"):
        state = await one.rebuilder.step(RECEIVED, seconds=60)
        assert state
        assert state.phase == phase
        clock.now += PAUSE
    assert (await other.rebuilder.start(RECEIVED)).generation == 3


async def test_starts_at_the_same_time_are_one_rebuild(account: Account, clock: Clock) -> None:
    instances = [await instance(account, clock) for _ in range(4)]
    log = Log(instances[0])
    await log.receive("p", 1)
    started = await asyncio.gather(
        *(each.rebuilder.start(RECEIVED, workers) for workers, each in enumerate(instances, 1))
    )
    assert len(set(started)) == 1
    assert started[0].generation == 2
    assert await rebuilt(instances[3], RECEIVED, clock) == "done"
    found = await instances[0].generations.read(RECEIVED)
    assert (found.live, found.others) == (2, ())


@EVERY_KIND
async def test_several_processes_may_step_the_same_rebuild(
    account: Account, clock: Clock, projection: Projection
) -> None:
    instances = [await instance(account, clock, page_size=5) for _ in range(3)]
    log = Log(instances[0])
    for number in range(12):
        await log.receive(f"{number}", 1, 2)
    await instances[0].engine.catch_up(projection, log.all())
    await instances[0].rebuilder.start(projection, workers=2)
    for _ in range(4):
        await asyncio.gather(*(each.rebuilder.step(projection, 60) for each in instances))
        clock.now += PAUSE
    assert (await instances[0].rebuilder.progress(projection)).phase == "done"
    assert await generations(account, projection) == {"2"}
    assert await versions(account, projection, 2) == complete(projection, log)


async def test_what_passes_with_time_stops_a_step_and_the_next_goes_on_there(
    account: Account, clock: Clock
) -> None:
    application = await instance(account, clock, page_size=4)
    log = Log(application)
    for name in "pqr":
        await log.receive(name, 1, 2)
    container = await account.container("events")
    stored = await container.read_item("000000000002", "product-q")
    await container.replace_item(stored["id"], stored | {"schemaVersion": 2})
    await application.rebuilder.start(RECEIVED)
    with pytest.raises(ExceptionGroup, match="the rebuild of received stopped"):
        await application.rebuilder.step(RECEIVED, seconds=60)
    assert (await application.rebuilder.progress(RECEIVED)).phase == "running"
    await container.replace_item(stored["id"], stored)
    assert await rebuilt(application, RECEIVED, clock) == "done"
    assert await versions(account, RECEIVED, 2) == complete(RECEIVED, log)


@pytest.mark.parametrize("lost", [1, 2, 3])
async def test_a_pointer_that_somebody_else_moved_meanwhile_is_looked_at_again(
    account: Account, clock: Clock, lost: int
) -> None:
    application = await instance(account, clock, lost=lost)
    log = Log(application)
    await application.engine.catch_up(RECEIVED, await log.receive("p", 1))
    await application.rebuilder.start(RECEIVED)
    phases: list[Phase] = []
    for _ in range(5):
        state = await application.rebuilder.step(RECEIVED, seconds=60)
        assert state
        phases.append(state.phase)
        written = (await application.generations.read(RECEIVED)).written
        assert written == {"settling": (2, 1), "clearing": (2,), "done": (2,)}.get(
            state.phase, written
        )
        clock.now += PAUSE
    repeated: Phase = "running" if lost < 3 else "settling"
    assert phases.count(repeated) == 1 + (repeated == "settling")
    assert phases[-1] == "done"
    assert await generations(account, RECEIVED) == {"2"}


async def test_stale_reads_do_not_mislead_it(account: Account, clock: Clock) -> None:
    application = await instance(account, clock, page_size=3)
    log = Log(application)
    for number in range(9):
        await application.engine.catch_up(RECEIVED, await log.receive(f"{number}", 1, 2))
    for generation in (2, 3):
        account.cosmos.faults.stale_reads(transactions=8)
        for fresh in (await instance(account, clock), await instance(account, clock)):
            await fresh.rebuilder.start(RECEIVED, workers=3)
        assert await rebuilt(fresh, RECEIVED, clock) == "done"
        account.cosmos.faults.clear()
        assert await versions(account, RECEIVED, generation) == complete(RECEIVED, log)
        assert await generations(account, RECEIVED) == {str(generation)}


async def test_reactions_are_never_rebuilt(account: Account, clock: Clock) -> None:
    application, effects = await instance(account, clock), Effects()
    await Log(application).receive("p", 1)
    with pytest.raises(NotRebuildable):
        await application.rebuilder.start(reaction(effects))
    assert await application.rebuilder.step(reaction(effects), seconds=60) is None
    assert effects == []


async def test_where_there_was_no_rebuild_there_is_no_progress(
    account: Account, clock: Clock
) -> None:
    application = await instance(account, clock)
    assert await application.rebuilder.step(RECEIVED, seconds=60) is None
    with pytest.raises(NotStarted):
        await application.rebuilder.progress(RECEIVED)


async def test_progress_says_how_far_how_fast_and_how_long(account: Account, clock: Clock) -> None:
    application = await instance(account, clock, page_size=10)
    log = Log(application)
    for number in range(40):
        await log.receive(f"{number}", 1)
    await application.rebuilder.start(RECEIVED)
    seen = []
    while True:
        progress = await application.rebuilder.progress(RECEIVED)
        seen.append(progress)
        if progress.phase != "running":
            break
        clock.now += 10
        await application.rebuilder.step(RECEIVED, seconds=0 if len(seen) <= 4 else 60)
    assert [one.events for one in seen] == [0, 10, 20, 30, 40, 40]
    shares = [one.share for one in seen]
    assert shares == pytest.approx([0, 0.25, 0.5, 0.75, 1, 1], abs=0.05)
    assert [one.seconds_left is None for one in seen] == [True, *[False] * 5]
    assert [one.events_per_second for one in seen[1:5]] == pytest.approx([1, 1, 1, 1])
    left: Sequence[float] = [one.seconds_left or 0 for one in seen[1:5]]
    assert list(left) == sorted(left, reverse=True)
    assert seen[1].seconds_left == pytest.approx(30, rel=0.2)
    assert (seen[-1].phase, seen[-1].seconds_left) == ("settling", 0)
    clock.now += 1000
    later = await application.rebuilder.progress(RECEIVED)
    assert later.events_per_second == seen[-1].events_per_second

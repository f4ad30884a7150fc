"""The engine on fakes: whatever is delivered, however often and in whatever order, the view is the fold."""

import asyncio
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events import Recorded
from event_store.errors import DamagedEvent, StoreUnavailable, UnreadableEvent
from event_store.settling import Interrupted
from projections.advance import Cursor, Gap
from projections.generations import Generations
from projections.keeper import Refused
from tests.fakes.counter import COUNTER, Add, Added, context
from tests.fakes.counter_view import TOTALS, Totals
from tests.fakes.event_store import FakeEventStore
from tests.fakes.handlers import handler
from tests.fakes.read_side import FakeKeeper, ReadSide


async def stored(store: FakeEventStore, **lengths: int) -> None:
    """Streams `counter-a`, `counter-b` … of so many events, whose n-th adds n."""
    process = handler(store)
    for identity, length in lengths.items():
        for version in range(1, length + 1):
            command = Add(amount=version)
            await process.execute(COUNTER, identity, command, context(f"{identity}-{version}"))
    store.forget_requests()


def deliver(store: FakeEventStore, identity: str, *versions: int) -> list[Recorded[Added]]:
    recorded = store.recorded(COUNTER.stream(identity))
    return [recorded[version - 1] for version in versions]


def folded(length: int) -> Cursor[Totals]:
    versions = range(1, length + 1)
    return Cursor(length, Totals(sum(versions), tuple(versions)))


@pytest.fixture
def store() -> FakeEventStore:
    return FakeEventStore(COUNTER)


@pytest.fixture
def side(store: FakeEventStore) -> ReadSide:
    return ReadSide(store)


@pytest.fixture
def views(side: ReadSide) -> FakeKeeper[Totals]:
    return side.keeper(TOTALS)


async def test_a_batch_costs_one_read_and_one_write_per_aggregate(
    store: FakeEventStore, side: ReadSide, views: FakeKeeper[Totals]
) -> None:
    await stored(store, a=5, b=3)
    batch = deliver(store, "a", 1, 2, 3, 4, 5) + deliver(store, "b", 1, 2, 3)
    await side.engine.catch_up(TOTALS, batch)
    assert sorted(views.loads) == sorted(views.saves) == ["counter-a", "counter-b"]
    assert store.requests == []
    assert views.cursor("counter-a") == folded(5)
    assert views.cursor("counter-b") == folded(3)


async def test_a_batch_is_sorted_before_it_is_folded(
    store: FakeEventStore, side: ReadSide, views: FakeKeeper[Totals]
) -> None:
    await stored(store, a=4)
    await side.engine.catch_up(TOTALS, deliver(store, "a", 4, 2, 1, 3, 2))
    assert views.cursor("counter-a") == folded(4)
    assert store.requests == []


async def test_a_repeated_batch_writes_nothing(
    store: FakeEventStore, side: ReadSide, views: FakeKeeper[Totals]
) -> None:
    await stored(store, a=4)
    engine = side.engine
    await engine.catch_up(TOTALS, deliver(store, "a", 1, 2, 3, 4))
    views.forget_requests()
    await engine.catch_up(TOTALS, deliver(store, "a", 2, 3))
    assert views.saves == []
    assert views.cursor("counter-a") == folded(4)


async def test_what_was_not_delivered_is_read_from_the_event_store(
    store: FakeEventStore, side: ReadSide, views: FakeKeeper[Totals]
) -> None:
    await stored(store, a=6)
    engine = side.engine
    await engine.catch_up(TOTALS, deliver(store, "a", 1))
    await engine.catch_up(TOTALS, deliver(store, "a", 4, 5))
    assert views.cursor("counter-a") == folded(6)
    assert store.requests == ["read"]
    assert len(views.saves) == 2


async def test_a_store_that_does_not_have_the_missing_events_yet_fails_the_batch(
    store: FakeEventStore, side: ReadSide, views: FakeKeeper[Totals]
) -> None:
    await stored(store, a=4)
    batch = deliver(store, "a", 4)
    del store.streams["counter-a"][2:]
    with pytest.raises(ExceptionGroup) as raised:
        await side.engine.catch_up(TOTALS, batch)
    assert raised.group_contains(Gap)
    assert views.saves == []


async def test_a_lost_conditional_write_is_loaded_and_folded_again(
    store: FakeEventStore, side: ReadSide, views: FakeKeeper[Totals]
) -> None:
    await stored(store, a=3)
    views.overtaken.extend([True, True, False])
    await side.engine.catch_up(TOTALS, deliver(store, "a", 1, 2, 3))
    assert views.loads == ["counter-a"] * 3
    assert views.cursor("counter-a") == folded(3)


async def test_a_writer_that_was_faster_is_not_undone(
    store: FakeEventStore, side: ReadSide, views: FakeKeeper[Totals]
) -> None:
    await stored(store, a=5)
    engine = side.engine
    batches = [deliver(store, "a", *versions) for versions in ([1, 2], [1, 2, 3, 4, 5], [3])]
    await asyncio.gather(*(engine.catch_up(TOTALS, batch) for batch in batches))
    assert views.cursor("counter-a") == folded(5)


async def test_a_batch_that_never_wins_is_given_back(
    store: FakeEventStore, side: ReadSide, views: FakeKeeper[Totals]
) -> None:
    await stored(store, a=1)
    views.overtaken.extend([True] * 1000)
    with pytest.raises(ExceptionGroup) as raised:
        await side.engine.catch_up(TOTALS, deliver(store, "a", 1))
    assert raised.group_contains(StoreUnavailable, match=r"totals: 100 writes to 'counter-a'")
    assert await side.parked(TOTALS) == set()


@pytest.mark.parametrize(("live", "other"), [(1, 2), (2, 1)])
async def test_all_generations_are_written_the_newest_first(
    store: FakeEventStore, side: ReadSide, live: int, other: int
) -> None:
    await stored(store, a=1)
    await side.generations.move(TOTALS, Generations(live, (other,)))
    side.keeper(TOTALS, 2).failures["counter-a"] = StoreUnavailable("away")
    with pytest.raises(ExceptionGroup):
        await side.engine.catch_up(TOTALS, deliver(store, "a", 1))
    assert side.keeper(TOTALS, 1).saves == []
    side.keeper(TOTALS, 2).failures.clear()
    await side.engine.catch_up(TOTALS, deliver(store, "a", 1))
    for generation in (1, 2):
        assert side.keeper(TOTALS, generation).cursor("counter-a") == folded(1)


@pytest.mark.parametrize(
    "error", [StoreUnavailable("away"), TimeoutError(), UnreadableEvent("new")]
)
async def test_what_passes_with_time_is_raised_and_parks_nothing(
    store: FakeEventStore, side: ReadSide, views: FakeKeeper[Totals], error: Exception
) -> None:
    await stored(store, a=2)
    for place in (views.failures, views.refusals):
        place["counter-a"] = error
        with pytest.raises(ExceptionGroup):
            await side.engine.catch_up(TOTALS, deliver(store, "a", 1, 2))
        place.clear()
    store.unreadable = error
    with pytest.raises(ExceptionGroup):
        await side.engine.catch_up(TOTALS, deliver(store, "a", 2))
    assert await side.parked(TOTALS) == set()


@pytest.mark.parametrize("error", [Refused("413"), DamagedEvent("damaged")])
async def test_what_never_passes_parks_until_it_succeeds(
    store: FakeEventStore, side: ReadSide, views: FakeKeeper[Totals], error: Exception
) -> None:
    await stored(store, a=3, b=1)
    if isinstance(error, Refused):
        views.refusals["counter-a"] = error
    else:
        store.unreadable = error
    await side.engine.catch_up(TOTALS, deliver(store, "a", 2) + deliver(store, "b", 1))
    assert await side.parked(TOTALS) == {"counter-a"}
    assert views.cursor("counter-b") == folded(1)
    views.refusals.clear()
    store.unreadable = None
    await side.engine.catch_up(TOTALS, deliver(store, "a", 3))
    assert await side.parked(TOTALS) == set()
    assert views.cursor("counter-a") == folded(3)


async def test_an_aggregate_that_fails_does_not_stop_the_others(
    store: FakeEventStore, side: ReadSide, views: FakeKeeper[Totals]
) -> None:
    await stored(store, a=2, b=2, c=2)
    views.failures = {"counter-b": StoreUnavailable("away")}
    batch = [event for name in "abc" for event in deliver(store, name, 1, 2)]
    with pytest.raises(ExceptionGroup, match="totals could not catch up") as raised:
        await side.engine.catch_up(TOTALS, batch)
    assert [str(error) for error in raised.value.exceptions] == ["away"]
    assert views.cursor("counter-a") == folded(2)
    assert views.cursor("counter-c") == folded(2)


async def test_work_that_was_cancelled_from_within_is_a_failure(
    store: FakeEventStore, side: ReadSide, views: FakeKeeper[Totals]
) -> None:
    await stored(store, a=1)
    views.refusals["counter-a"] = asyncio.CancelledError()
    with pytest.raises(ExceptionGroup) as raised:
        await side.engine.catch_up(TOTALS, deliver(store, "a", 1))
    assert [type(error) for error in raised.value.exceptions] == [Interrupted]


async def test_nothing_delivered_is_nothing_done(
    store: FakeEventStore, side: ReadSide, views: FakeKeeper[Totals]
) -> None:
    await side.engine.catch_up(TOTALS, [])
    assert views.loads == []


@given(
    st.dictionaries(st.sampled_from("abc"), st.integers(1, 6), min_size=1),
    st.lists(
        st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 6)), max_size=6), max_size=6
    ),
    st.lists(st.booleans(), max_size=6),
    st.randoms(use_true_random=False),
)
async def test_any_deliveries_at_once_end_in_the_fold_of_each_aggregate(
    lengths: dict[str, int],
    batches: list[list[tuple[str, int]]],
    overtaken: list[bool],
    shuffled: random.Random,
) -> None:
    store = FakeEventStore(COUNTER)
    side = ReadSide(store)
    views = side.keeper(TOTALS)
    await stored(store, **lengths)
    views.overtaken.extend(overtaken)
    engine = side.engine
    everything = list(lengths.items())
    shuffled.shuffle(everything)
    deliveries = [
        [
            event
            for name, version in batch
            if version <= lengths.get(name, 0)
            for event in deliver(store, name, version)
        ]
        for batch in [*batches, everything]
    ]
    await asyncio.gather(*(engine.catch_up(TOTALS, events) for events in deliveries))
    for name, length in lengths.items():
        assert views.cursor(f"counter-{name}") == folded(length)

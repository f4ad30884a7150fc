"""Snapshots: a shortcut that is never the truth."""

import dataclasses
import logging

import pytest

from event_store.cache import AggregateCache, Known
from event_store.documents import Head
from event_store.snapshots import Snapshot
from tests.fakes.counter import COUNTER, Add, Counter, context
from tests.fakes.event_store import FakeEventStore, Fault
from tests.fakes.handlers import handler
from tests.fakes.snapshots import FakeSnapshotStore

SHAPE = ("counter-1", 1)


@pytest.fixture
def store() -> FakeEventStore:
    return FakeEventStore(COUNTER)


@pytest.fixture
def snapshots() -> FakeSnapshotStore:
    return FakeSnapshotStore()


async def add(
    store: FakeEventStore, snapshots: FakeSnapshotStore, count: int, *, times: int = 1
) -> None:
    process = handler(store, snapshots=snapshots)
    there = len(store.streams["counter-1"])
    for index in range(count):
        command = Add(amount=1, times=times)
        await process.execute(COUNTER, "1", command, context(f"k-{there}-{index}"))
    await process.snapshotter.settled()
    snapshots.requests.clear()
    store.forget_requests()


async def cold(store: FakeEventStore, snapshots: FakeSnapshotStore) -> Counter:
    process = handler(store, snapshots=snapshots)
    executed = await process.execute(COUNTER, "1", Add(amount=1), context("cold"))
    await process.snapshotter.settled()
    return executed.state


async def test_a_snapshot_is_taken_when_an_append_crosses_a_multiple_of_the_interval(
    store: FakeEventStore, snapshots: FakeSnapshotStore
) -> None:
    await add(store, snapshots, 9)
    assert snapshots.snapshots == {}
    await add(store, snapshots, 1)
    taken = snapshots.snapshots[SHAPE]
    assert taken.known.state == Counter("1", 10, 10)
    assert taken.known.head.version == 10
    assert taken.event_id == store.streams["counter-1"][-1]["eventId"]


async def test_an_append_that_steps_over_the_multiple_takes_one_too(
    store: FakeEventStore, snapshots: FakeSnapshotStore
) -> None:
    await add(store, snapshots, 1, times=7)
    assert snapshots.snapshots == {}
    await add(store, snapshots, 1, times=7)
    assert snapshots.snapshots[SHAPE].known.head.version == 14


async def test_the_state_is_that_of_the_snapshot_and_of_what_came_since(
    store: FakeEventStore, snapshots: FakeSnapshotStore
) -> None:
    await add(store, snapshots, 13)
    assert await cold(store, snapshots) == Counter("1", 14, 14)
    assert store.requests == ["read", "append"]


async def test_a_snapshot_of_events_that_the_stream_does_not_have_is_thrown_away(
    store: FakeEventStore, snapshots: FakeSnapshotStore, caplog: pytest.LogCaptureFixture
) -> None:
    await add(store, snapshots, 10)
    del store.streams["counter-1"][5:]  # a restore from a backup
    assert await cold(store, snapshots) == Counter("1", 6, 6)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert snapshots.snapshots[SHAPE].known.state.events == 5


async def test_a_snapshot_of_another_event_of_that_version_is_thrown_away(
    store: FakeEventStore, snapshots: FakeSnapshotStore
) -> None:
    await add(store, snapshots, 12)
    taken = snapshots.snapshots[SHAPE]
    forged = Known(Counter("1", 999, 999), taken.known.head)
    snapshots.snapshots[SHAPE] = Snapshot(forged, "another event's id")
    assert await cold(store, snapshots) == Counter("1", 13, 13)


async def test_a_snapshot_of_an_old_shape_is_not_looked_at(
    store: FakeEventStore, snapshots: FakeSnapshotStore
) -> None:
    await add(store, snapshots, 10)
    wrong = Known(Counter("1", 999, 999), snapshots.snapshots[SHAPE].known.head)
    snapshots.snapshots[SHAPE] = Snapshot(wrong, snapshots.snapshots[SHAPE].event_id)
    process = handler(store, snapshots=snapshots)
    reshaped = dataclasses.replace(COUNTER, shape=2)
    executed = await process.execute(reshaped, "1", Add(amount=1), context("cold"))
    assert executed.state == Counter("1", 11, 11)


async def test_a_snapshot_that_cannot_be_written_fails_no_command(
    store: FakeEventStore, snapshots: FakeSnapshotStore, caplog: pytest.LogCaptureFixture
) -> None:
    snapshots.away = True
    await add(store, snapshots, 10)
    assert len(store.streams["counter-1"]) == 10
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


async def test_a_repeat_of_a_command_older_than_the_snapshot_gets_its_first_answer(
    store: FakeEventStore, snapshots: FakeSnapshotStore
) -> None:
    await add(store, snapshots, 12)
    process = handler(store, snapshots=snapshots)
    again = await process.execute(COUNTER, "1", Add(amount=1), context("k-0-3"))
    assert again.replayed
    assert again.state == Counter("1", 4, 4)
    assert again.head.version == 4


async def test_an_answer_that_was_lost_right_at_a_snapshot_is_found(
    store: FakeEventStore, snapshots: FakeSnapshotStore
) -> None:
    await add(store, snapshots, 12)
    store.faults.append(Fault.LOST_AFTER)
    process = handler(store, snapshots=snapshots, cache=AggregateCache(0, 0))
    executed = await process.execute(COUNTER, "1", Add(amount=5), context())
    assert executed.state == Counter("1", 17, 13)
    assert executed.head == Head(
        13, executed.events[0].timestamp, store.streams["counter-1"][-1]["hash"]
    )

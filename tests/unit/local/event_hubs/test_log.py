"""The durable log against a list of what was appended."""

import asyncio
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.event_hubs.amqp.encoding import encode
from local.event_hubs.amqp.messages import Draft, draft
from local.event_hubs.amqp.values import Described
from local.event_hubs.database import Database
from local.event_hubs.events import StoredEvent
from local.event_hubs.log import READ_BYTES, Log
from local.event_hubs.partition import TAIL_BYTES, Partition


class Clock:
    """Milliseconds that a test moves by hand."""

    def __init__(self, now: int = 1000) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(tmp_path: Path, clock: Clock) -> Iterator[Log]:
    log = Log(tmp_path / "log.db", clock)
    yield log
    log.close()


def message(body: bytes) -> Draft:
    return draft(encode(Described(0x75, body)), without=())


def bodies(events: list[StoredEvent]) -> list[object]:
    return [event.body for event in events]


def everything(log: Log, partition: Partition, after: int = -1) -> list[StoredEvent]:
    events: list[StoredEvent] = []
    while chunk := log.read(partition, events[-1].sequence_number if events else after):
        events += chunk
    return events


def only_partition(log: Log) -> Partition:
    return log.open_hub("hub", 1)[1][0]


appends = st.tuples(st.integers(0, 1), st.lists(st.binary(max_size=8), min_size=1, max_size=3))
steps = st.lists(st.one_of(appends, st.just("reopen"), st.just("trim")), max_size=12)


@given(steps)
def test_what_is_read_is_what_was_appended_and_not_trimmed(
    script: list[tuple[int, list[bytes]] | str],
) -> None:
    async def run(folder: str) -> None:
        clock = Clock()
        log = Log(Path(folder) / "log.db", clock)
        partitions = log.open_hub("hub", 2)[1]
        model: list[list[tuple[int, bytes]]] = [[], []]
        counts = [0, 0]
        for step in script:
            clock.now += 1
            match step:
                case "trim":
                    for partition in partitions:
                        log.trim(partition, clock.now - 2)
                    model = [
                        [(at, body) for at, body in kept if at >= clock.now - 2] for kept in model
                    ]
                case "reopen":
                    log.close()
                    log = Log(Path(folder) / "log.db", clock)
                    partitions = log.open_hub("hub", 2)[1]
                case (int(number), list(contents)):
                    await log.append(partitions[number], [message(body) for body in contents])
                    model[number] += [(clock.now, body) for body in contents]
                    counts[number] += len(contents)
        log.close()
        log = Log(Path(folder) / "log.db", clock)
        for partition, kept, count in zip(log.open_hub("hub", 2)[1], model, counts, strict=True):
            events = everything(log, partition)
            assert [(event.enqueued_at, event.body) for event in events] == kept
            assert [event.sequence_number for event in events] == [*range(count - len(kept), count)]
            assert (partition.first, partition.next) == (count - len(kept), count)
        log.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(folder))


async def test_many_appends_at_once_share_few_commits_and_keep_their_order(log: Log) -> None:
    partition = only_partition(log)
    pending = [log.append(partition, [message(b"%d" % number)]) for number in range(300)]
    await asyncio.gather(*pending)
    assert bodies(everything(log, partition)) == [b"%d" % number for number in range(300)]
    assert log.commits < 100


async def test_an_append_is_done_only_when_another_connection_can_see_it(
    log: Log, tmp_path: Path
) -> None:
    partition = only_partition(log)
    await log.append(partition, [message(b"x"), message(b"y")])
    with sqlite3.connect(tmp_path / "log.db") as connection:
        assert connection.execute("SELECT COUNT(*) FROM events").fetchone() == (2,)
    connection.close()


async def test_a_batch_of_which_one_event_fails_is_stored_not_at_all(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    partition = only_partition(log)

    def fail(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(Database, "put_head", fail)
        with pytest.raises(sqlite3.OperationalError, match="disk is full"):
            await log.append(partition, [message(b"lost"), message(b"too")])
    await log.append(partition, [message(b"kept")])
    events = everything(log, partition)
    assert [(event.sequence_number, event.body) for event in events] == [(0, b"kept")]


async def test_time_never_goes_back_within_a_partition(log: Log, clock: Clock) -> None:
    partition = only_partition(log)
    await log.append(partition, [message(b"a")])
    clock.now -= 500
    await log.append(partition, [message(b"b")])
    assert [event.enqueued_at for event in everything(log, partition)] == [1000, 1000]


async def test_numbers_go_on_after_everything_was_trimmed_and_the_log_reopened(
    clock: Clock, tmp_path: Path
) -> None:
    log = Log(tmp_path / "log.db", clock)
    partition = only_partition(log)
    await log.append(partition, [message(b"a"), message(b"b"), message(b"c")])
    log.trim(partition, 2000)
    log.close()
    reopened = Log(tmp_path / "log.db", clock)
    partition = only_partition(reopened)
    assert (partition.first, partition.next, partition.is_empty) == (3, 3, True)
    await reopened.append(partition, [message(b"d")])
    assert [event.sequence_number for event in everything(reopened, partition)] == [3]
    reopened.close()


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30), st.integers(-1, 100))
def test_a_time_is_found_where_a_scan_would_find_it(gaps: list[int], time: int) -> None:
    async def run() -> None:
        clock = Clock(0)
        log = Log(None, clock)
        partition = only_partition(log)
        for gap in gaps:
            clock.now += gap
            await log.append(partition, [message(b"")])
        expected = next(
            (
                event.sequence_number
                for event in everything(log, partition)
                if event.enqueued_at >= time
            ),
            len(gaps),
        )
        assert log.first_enqueued(partition, at_or_after=time) == expected
        log.close()

    asyncio.run(run())


async def test_reading_far_behind_is_done_in_chunks_and_memory_keeps_a_short_tail(log: Log) -> None:
    partition = only_partition(log)
    body = b"x" * 200_000
    for _ in range(40):
        await log.append(partition, [message(body)])
    first = log.read(partition, -1)
    assert READ_BYTES <= sum(len(event.message) for event in first) < READ_BYTES + 300_000
    assert len(everything(log, partition)) == 40
    assert partition.recent(0, 1) is None
    kept = partition.recent(39 - TAIL_BYTES // len(body), 100)
    assert kept is not None
    assert kept[-1].sequence_number == 39


async def test_watchers_are_woken_on_the_loop_after_the_commit(log: Log) -> None:
    partition = only_partition(log)
    seen: list[tuple[int, int]] = []
    partition.watch(lambda: seen.append((partition.next, threading.get_ident())))
    await log.append(partition, [message(b"a")])
    await asyncio.sleep(0)
    assert seen == [(1, threading.get_ident())]


def test_partitions_can_be_added_and_not_taken_away(log: Log) -> None:
    created_at, _ = log.open_hub("hub", 2)
    again, partitions = log.open_hub("hub", 4)
    assert (again, len(partitions)) == (created_at, 4)
    with pytest.raises(ValueError, match="has 4 partitions, 3 were asked for"):
        log.open_hub("hub", 3)

"""Commands of many processes at once, on a store that loses answers: each is stored once, without a gap."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from domain.aggregate import RuleViolation
from event_store.cache import AggregateCache
from event_store.chain import is_intact
from event_store.command_handler import CommandHandler, Executed
from tests.fakes.counter import COUNTER, Add, Counter, Open, context
from tests.fakes.event_store import FakeEventStore, Fault
from tests.fakes.handlers import handler
from tests.fakes.snapshots import FakeSnapshotStore

STREAM = "counter-1"


class Request(msgspec.Struct, frozen=True):
    """A command that a process is asked for; requests of one key are the same command."""

    process: int
    key: int
    command: Open | Add


def schedule(turns: Sequence[int]) -> Callable[[], Awaitable[None]]:
    """A turn of the event loop, or several, wherever the store may be interrupted."""
    left = list(turns)

    async def turn() -> None:
        for _ in range(left.pop() if left else 1):
            await asyncio.sleep(0)

    return turn


@st.composite
def requests(draw: st.DrawFn) -> list[Request]:
    """Up to six requests of up to three processes, some of them repeats."""
    commands = draw(
        st.lists(
            st.just(Open())
            | st.builds(
                Add, amount=st.integers(1, 9), times=st.integers(1, 3), most=st.none() | st.just(20)
            ),
            min_size=1,
            max_size=6,
        )
    )
    keys = draw(st.lists(st.integers(0, len(commands) - 1), min_size=1, max_size=6))
    return [Request(draw(st.integers(0, 2)), key, commands[key]) for key in keys]


async def run(
    asked: Sequence[Request], store: FakeEventStore, processes: Sequence[CommandHandler]
) -> list[Executed[Counter] | RuleViolation]:
    async def execute(request: Request) -> Executed[Counter] | RuleViolation:
        try:
            return await processes[request.process].execute(
                COUNTER, "1", request.command, context(f"k-{request.key}")
            )
        except RuleViolation as refusal:
            return refusal

    outcomes = await asyncio.gather(*map(execute, asked))
    for process in processes:
        await process.snapshotter.settled()
    return outcomes


faults = st.lists(st.none() | st.sampled_from([f for f in Fault if f is not Fault.UNAVAILABLE]))


@given(
    requests(),
    faults.map(lambda drawn: drawn[:5]),
    st.lists(st.integers(0, 5), max_size=60),
    st.lists(st.sampled_from([0, 100]), min_size=3, max_size=3),
)
async def test_versions_have_no_gap_and_every_command_is_stored_once(
    asked: list[Request],
    injected: list[Fault | None],
    turns: list[int],
    cache_entries: list[int],
) -> None:
    store = FakeEventStore(COUNTER, turn=schedule(turns))
    store.faults.extend(injected)
    snapshots = FakeSnapshotStore()
    processes = [
        handler(store, snapshots=snapshots, cache=AggregateCache(entries, size=10**6))
        for entries in cache_entries
    ]

    outcomes = await run(asked, store, processes)

    stream = store.recorded(STREAM)
    assert [event.version for event in stream] == list(range(1, len(stream) + 1))
    hashes = [None, *(document["hash"] for document in store.streams[STREAM])]
    assert [document["previousHash"] for document in store.streams[STREAM]] == hashes[:-1]
    assert all(map(is_intact, store.streams[STREAM]))
    timestamps = [event.timestamp for event in stream]
    assert timestamps == sorted(timestamps)

    total = 0
    for event in stream:
        total += event.data.amount
        assert event.data.total == total

    answers: dict[int, list[Executed[Counter]]] = {}
    for request, outcome in zip(asked, outcomes, strict=True):
        if isinstance(outcome, Executed):
            answers.setdefault(request.key, []).append(outcome)
    for key, executed in answers.items():
        own = [event for event in stream if event.metadata.causation_id == f"k-{key}"]
        size = next(getattr(r.command, "times", 1) for r in asked if r.key == key)
        assert len(own) == size
        assert own[-1].version - own[0].version == size - 1
        then = stream[: own[-1].version]
        for answer in executed:
            assert list(answer.events) == own
            assert answer.state == COUNTER.fold(Counter("1"), (event.data for event in then))
            assert answer.head.version == own[-1].version
        assert sum(not answer.replayed for answer in executed) <= 1
    stored = {event.metadata.causation_id for event in stream}
    assert stored == {f"k-{key}" for key in answers}


@given(requests(), st.lists(st.integers(0, 5), max_size=40))
async def test_caches_and_snapshots_change_nothing_but_the_cost(
    asked: list[Request], turns: list[int]
) -> None:
    """One command after the other, so that both runs decide in the same order."""
    streams = []
    for entries in (0, 100):
        store = FakeEventStore(COUNTER, turn=schedule(turns))
        process = handler(store, cache=AggregateCache(entries, size=10**6))
        for request in asked:
            await run([msgspec.structs.replace(request, process=0)], store, [process])
        streams.append([(e.version, e.event_id, e.data) for e in store.recorded(STREAM)])
    assert streams[0] == streams[1]

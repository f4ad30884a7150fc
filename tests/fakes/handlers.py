"""Command handlers over fakes: each stands for a process of its own."""

from event_store.cache import AggregateCache
from event_store.command_handler import CommandHandler
from event_store.snapshots import Snapshotter
from tests.fakes.counter import COUNTER, Add, context
from tests.fakes.event_store import FakeEventStore
from tests.fakes.snapshots import FakeSnapshotStore


class Pauses(list[float]):
    """Seconds that would have been waited."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


def handler(
    store: FakeEventStore,
    *,
    snapshots: FakeSnapshotStore | None = None,
    cache: AggregateCache | None = None,
    pauses: Pauses | None = None,
) -> CommandHandler:
    """A command handler that waits for nothing."""
    return CommandHandler(
        store,
        Snapshotter(snapshots or FakeSnapshotStore(), every={}),
        cache or AggregateCache(entries=100, size=10**6),
        pause=Pauses() if pauses is None else pauses,
        jitter=lambda: 1.0,
    )


async def add(store: FakeEventStore, *amounts: int, prefix: str = "earlier") -> None:
    """Commands of other processes to `counter-1`, which cost nothing."""
    for index, amount in enumerate(amounts):
        command = Add(amount=amount)
        await handler(store).execute(COUNTER, "1", command, context(f"{prefix}-{index}"))
    store.forget_requests()


def totals(store: FakeEventStore) -> list[int]:
    """What the events of `counter-1` say that it had come to."""
    return [event.data.total for event in store.recorded("counter-1")]


def versions(store: FakeEventStore, stream: str = "counter-1") -> list[int]:
    return [event.version for event in store.recorded(stream)]

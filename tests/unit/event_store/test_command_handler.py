"""The command handler on a store that can be slow, contended and unreliable."""

import asyncio
import logging

import pytest

from domain.aggregate import AggregateNotFound, RuleViolation
from domain.order import ORDER, Item, Order, PlaceOrder, ShipOrder
from domain.values import Price
from event_store.command_handler import ATTEMPTS, LONGEST_PAUSE
from event_store.errors import (
    ConcurrencyConflict,
    EventTooLarge,
    StoreUnavailable,
    UnreadableEvent,
)
from tests.fakes.counter import COUNTER, Add, Counter, Open, context
from tests.fakes.event_store import FakeEventStore, Fault
from tests.fakes.handlers import Pauses, add, handler, totals, versions
from tests.fakes.snapshots import FakeSnapshotStore

PLACE = PlaceOrder(customer_id="customer-1", items=(Item("product-1", 1, Price(5)),))
SHIP = ShipOrder(tracking_number="1Z")


@pytest.fixture
def store() -> FakeEventStore:
    return FakeEventStore(COUNTER, ORDER)


async def test_creating_costs_one_append_and_no_read(store: FakeEventStore) -> None:
    snapshots = FakeSnapshotStore()
    one = handler(store, snapshots=snapshots)
    executed = await one.execute(ORDER, "789", PLACE, context())
    assert store.requests == ["append"]
    assert snapshots.requests == []
    assert executed.state == Order("789", "placed", PLACE.customer_id)
    assert executed.head.version == 1
    assert executed.events == store.recorded("order-789")
    assert not executed.replayed


async def test_a_warm_command_costs_one_append(store: FakeEventStore) -> None:
    snapshots = FakeSnapshotStore()
    one = handler(store, snapshots=snapshots)
    await one.execute(ORDER, "789", PLACE, context("k-1"))
    store.forget_requests()
    executed = await one.execute(ORDER, "789", SHIP, context("k-2"))
    assert store.requests == ["append"]
    assert snapshots.requests == []
    assert executed.state.status == "shipped"


async def test_a_cold_command_costs_two_reads_at_most_however_long_the_history(
    store: FakeEventStore,
) -> None:
    snapshots = FakeSnapshotStore()
    writer = handler(store, snapshots=snapshots)
    for index in range(25):
        await writer.execute(COUNTER, "1", Add(amount=1), context(f"k-{index}"))
    await writer.snapshotter.settled()
    store.forget_requests()
    snapshots.requests.clear()

    executed = await handler(store, snapshots=snapshots).execute(
        COUNTER, "1", Add(amount=1), context("cold")
    )

    assert snapshots.requests == ["load"]
    assert store.requests == ["read", "append"]
    assert executed.state == Counter("1", 26, 26)


async def test_a_conflict_is_decided_again_on_the_newest_state(store: FakeEventStore) -> None:
    one = handler(store)
    await one.execute(COUNTER, "1", Add(amount=1), context("k-1"))
    await add(store, 10, 100)
    executed = await one.execute(COUNTER, "1", Add(amount=5), context("k-2"))
    assert totals(store) == [1, 11, 111, 116]
    assert executed.state.total == 116
    assert store.requests == ["append", "read", "append"]
    assert one.conflicts == 1


async def test_a_conflict_on_creating_loads_and_lets_the_domain_say_no(
    store: FakeEventStore,
) -> None:
    await handler(store).execute(ORDER, "789", PLACE, context("k-1"))
    with pytest.raises(RuleViolation) as refusal:
        await handler(store).execute(ORDER, "789", PLACE, context("k-2"))
    assert refusal.value.code == "order-already-placed"
    assert versions(store, "order-789") == [1]


async def test_an_answer_that_was_lost_after_the_commit_is_a_success_with_its_events(
    store: FakeEventStore,
) -> None:
    store.faults.append(Fault.LOST_AFTER)
    executed = await handler(store).execute(COUNTER, "1", Add(amount=7, times=3), context())
    assert totals(store) == [7, 14, 21]
    assert executed.events == store.recorded("counter-1")
    assert executed.state == Counter("1", 21, 3)
    assert executed.head.version == 3
    assert not executed.replayed


async def test_the_answer_is_the_state_then_although_others_went_on_meanwhile(
    store: FakeEventStore,
) -> None:
    class Interrupting(Pauses):
        async def __call__(self, seconds: float) -> None:
            await add(store, 1000)

    store.faults.append(Fault.LOST_AFTER)
    one = handler(store, pauses=Interrupting())
    executed = await one.execute(COUNTER, "1", Add(amount=7), context())
    assert totals(store) == [7, 1007]
    assert executed.state == Counter("1", 7, 1)
    assert executed.head.version == 1
    following = await one.execute(COUNTER, "1", Add(amount=1), context("k-2"))
    assert following.state.total == 1008


@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LATE])
async def test_a_batch_whose_fate_was_unknown_is_stored_once(
    store: FakeEventStore, fault: Fault
) -> None:
    store.faults.append(fault)
    executed = await handler(store).execute(COUNTER, "1", Add(amount=7), context())
    assert totals(store) == [7]
    assert executed.events == store.recorded("counter-1")


async def test_a_batch_that_arrives_after_the_retry_is_refused_by_its_command_key(
    store: FakeEventStore,
) -> None:
    await add(store, 1)
    store.faults.extend([Fault.LATE])
    await handler(store).execute(COUNTER, "1", Add(amount=7), context())
    assert [e.metadata.causation_id for e in store.recorded("counter-1")] == ["earlier-0", "k-1"]


async def test_a_refused_command_stores_nothing_and_is_decided_again(
    store: FakeEventStore,
) -> None:
    one = handler(store)
    for _ in range(2):
        with pytest.raises(RuleViolation):
            await one.execute(COUNTER, "1", Add(amount=7, most=5), context("k-1"))
    assert store.streams["counter-1"] == []
    executed = await one.execute(COUNTER, "1", Add(amount=5, most=5), context("k-1"))
    assert executed.state.total == 5
    assert not executed.replayed


async def test_a_command_to_what_does_not_exist_is_refused_after_one_look(
    store: FakeEventStore,
) -> None:
    with pytest.raises(AggregateNotFound):
        await handler(store).execute(ORDER, "789", SHIP, context())
    assert store.requests == ["read"]


async def test_a_refusal_on_a_cached_state_is_decided_again_on_the_newest(
    store: FakeEventStore,
) -> None:
    one = handler(store)
    await one.execute(COUNTER, "1", Add(amount=10), context("k-1"))
    await add(store, -10)
    executed = await one.execute(COUNTER, "1", Add(amount=10, most=10), context("k-2"))
    assert executed.state.total == 10
    assert store.requests == ["read", "append"]


async def test_a_refusal_that_holds_on_the_newest_state_stays(store: FakeEventStore) -> None:
    one = handler(store)
    await one.execute(COUNTER, "1", Add(amount=10), context("k-1"))
    store.forget_requests()
    with pytest.raises(RuleViolation):
        await one.execute(COUNTER, "1", Add(amount=10, most=10), context("k-2"))
    assert store.requests == ["read"]


async def test_a_command_that_leaves_nothing_to_do_answers_the_newest_state(
    store: FakeEventStore,
) -> None:
    one = handler(store)
    await one.execute(COUNTER, "1", Add(amount=1), context("k-1"))
    await add(store, 2)
    executed = await one.execute(COUNTER, "1", Add(amount=5, times=0), context("k-2"))
    assert executed.events == ()
    assert executed.state.total == 3
    assert executed.head.version == 2
    assert store.requests == ["read"]


async def test_attempts_are_bounded(store: FakeEventStore) -> None:
    store.faults.extend([Fault.VERSION_TAKEN] * 100)
    pauses = Pauses()
    with pytest.raises(ConcurrencyConflict, match="'counter-1'"):
        await handler(store, pauses=pauses).execute(COUNTER, "1", Add(amount=1), context())
    assert 1 < store.requests.count("append") <= ATTEMPTS
    assert store.streams["counter-1"] == []
    assert pauses == sorted(pauses)
    assert max(pauses) == LONGEST_PAUSE


async def test_an_outcome_that_stays_unknown_is_a_store_that_is_away(
    store: FakeEventStore,
) -> None:
    store.faults.extend([Fault.LOST_BEFORE] * 100)
    with pytest.raises(StoreUnavailable):
        await handler(store).execute(COUNTER, "1", Add(amount=1), context())


async def test_a_store_that_is_away_is_told_at_once(store: FakeEventStore) -> None:
    store.faults.append(Fault.UNAVAILABLE)
    with pytest.raises(StoreUnavailable):
        await handler(store).execute(COUNTER, "1", Open(), context())
    assert store.requests == ["append"]


async def test_a_head_that_is_ahead_of_the_stream_is_loaded_anew(
    store: FakeEventStore, caplog: pytest.LogCaptureFixture
) -> None:
    one = handler(store)
    for index in range(3):
        await one.execute(COUNTER, "1", Add(amount=1), context(f"k-{index}"))
    del store.streams["counter-1"][1:]  # a restore from a backup

    executed = await one.execute(COUNTER, "1", Add(amount=10), context("k-9"))

    assert versions(store) == [1, 2]
    assert totals(store) == [1, 11]
    assert executed.state == Counter("1", 11, 2)
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    store.forget_requests()
    await one.execute(COUNTER, "1", Add(amount=1), context("k-10"))
    assert store.requests == ["append"]


async def test_what_is_too_large_is_refused_and_nothing_is_stored(store: FakeEventStore) -> None:
    with pytest.raises(EventTooLarge):
        await handler(store).execute(COUNTER, "1", Add(amount=1, times=100), context())
    assert store.streams["counter-1"] == []


async def test_a_command_of_99_events_is_stored_whole(store: FakeEventStore) -> None:
    executed = await handler(store).execute(COUNTER, "1", Add(amount=1, times=99), context())
    assert versions(store) == list(range(1, 100))
    assert executed.head.version == 99


async def test_a_history_that_cannot_be_read_is_not_decided_on(store: FakeEventStore) -> None:
    store.unreadable = UnreadableEvent("newer")
    with pytest.raises(UnreadableEvent):
        await handler(store).execute(COUNTER, "1", Add(amount=1), context())
    assert "append" not in store.requests


async def test_commands_of_one_process_wait_for_each_other_instead_of_conflicting(
    store: FakeEventStore,
) -> None:
    one = handler(store)
    commands = [
        one.execute(COUNTER, "1", Add(amount=1), context(f"k-{index}")) for index in range(20)
    ]
    await asyncio.gather(*commands)
    assert totals(store) == list(range(1, 21))
    assert one.conflicts == 0
    assert store.requests == ["read", *["append"] * 20]


async def test_commands_to_other_aggregates_do_not_wait(store: FakeEventStore) -> None:
    running, most = 0, 0

    async def turn() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1

    busy = FakeEventStore(COUNTER, turn=turn)
    one = handler(busy)
    await asyncio.gather(*(one.execute(COUNTER, str(i), Open(), context()) for i in range(5)))
    assert most == 5


async def test_a_command_that_fails_gives_up_its_turn(store: FakeEventStore) -> None:
    one = handler(store)
    with pytest.raises(RuleViolation):
        await one.execute(COUNTER, "1", Add(amount=1, most=0), context("k-1"))
    async with asyncio.timeout(5):
        await one.execute(COUNTER, "1", Add(amount=1), context("k-2"))
    assert totals(store) == [1]

"""What goes wrong: what an aggregate is to blame for parks it, what passes with time is raised and parks none."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from domain.events import Recorded
from event_store.errors import StoreUnavailable, UnreadableEvent
from projections.projection import Projection
from tests.stack.in_process import Account
from tests.stack.log import Log
from tests.stack.projections import (
    JOURNAL,
    RECEIVED,
    RECEIVED_BY_SHARD,
    WIDE,
    Effects,
    Received,
    entry,
    evolve,
    reaction,
    rows,
)
from tests.stack.transport import Refusing
from wiring import Application

POISON = 666
"""A receipt of so many pieces is what the defective functions cannot digest."""


def fold(view: Received | None, recorded: Recorded[Any]) -> Received:
    if recorded.data.quantity == POISON:
        raise KeyError(f"the secret of {recorded.aggregate_id}")
    return evolve(view, recorded)


def rows_of(view: Received) -> Any:
    if view.total >= POISON:
        raise ZeroDivisionError
    return rows(view)


def entry_of(recorded: Recorded[Any]) -> dict[str, Any]:
    if recorded.data.quantity == POISON:
        raise TypeError
    return entry(recorded)


def too_large(view: Received | None, recorded: Recorded[Any]) -> Received:
    """A view of more than 2 MB."""
    if recorded.data.quantity == POISON:
        return Received(tuple(range(400_000)), 0)
    return evolve(view, recorded)


DEFECTIVE = [
    pytest.param(replace(RECEIVED, evolve=fold), RECEIVED, id="a fold"),
    pytest.param(replace(RECEIVED_BY_SHARD, evolve=fold), RECEIVED_BY_SHARD, id="a sharded fold"),
    pytest.param(replace(WIDE, evolve=fold), WIDE, id="a report's fold"),
    pytest.param(replace(WIDE, rows=rows_of), WIDE, id="rows"),
    pytest.param(replace(JOURNAL, entry=entry_of), JOURNAL, id="an entry"),
    pytest.param(replace(RECEIVED, evolve=too_large), RECEIVED, id="a size"),
    pytest.param(
        replace(RECEIVED_BY_SHARD, evolve=too_large), RECEIVED_BY_SHARD, id="sharded size"
    ),
    pytest.param(replace(WIDE, evolve=too_large), WIDE, id="a report's size"),
]


async def versions(application: Application, projection: Projection) -> dict[str, int]:
    streams = [f"product-{name}" for name in "pqr"]
    return dict(await application.lag_meter.versions(projection, streams))


@pytest.mark.parametrize(("defective", "mended"), DEFECTIVE)
async def test_what_an_aggregate_is_to_blame_for_parks_it_alone_until_it_is_mended(
    account: Account, defective: Projection, mended: Projection
) -> None:
    application = await account.instance(SHARDS="1")
    log = Log(application)
    batch = [
        *await log.receive("p", 1),
        *await log.receive("q", POISON),
        *await log.receive("r", 1),
    ]
    await application.engine.catch_up(defective, batch)
    assert await versions(application, defective) == {
        "product-p": 1,
        "product-q": 0,
        "product-r": 1,
    }
    assert await application.dead_letters.parked(defective.name, 1) == {"product-q"}

    later = [event for name in "pqr" for event in await log.receive(name, 1)]
    await application.engine.catch_up(mended, later)
    assert await versions(application, mended) == {"product-p": 2, "product-q": 2, "product-r": 2}
    assert await application.dead_letters.parked(mended.name, 1) == set()


@pytest.mark.parametrize(("defective", "mended"), DEFECTIVE)
async def test_a_parked_aggregate_holds_up_nothing_and_is_tried_again_by_every_later_event(
    account: Account, defective: Projection, mended: Projection
) -> None:
    application = await account.instance(SHARDS="1")
    log = Log(application)
    await application.engine.catch_up(defective, await log.receive("q", POISON))
    (first,) = [letter async for letter in application.dead_letters.of(defective.name)]
    await application.engine.catch_up(
        defective, [*await log.receive("q", 1), *await log.receive("p", 1)]
    )
    (again,) = [letter async for letter in application.dead_letters.of(defective.name)]
    assert (again.id, again.at > first.at) == (first.id, True)
    assert (await versions(application, defective))["product-p"] == 1
    await application.engine.replay(mended, 1, "product-q")
    assert await versions(application, mended) == {"product-p": 1, "product-q": 2, "product-r": 0}
    assert await application.dead_letters.parked(mended.name, 1) == set()


async def test_a_view_does_not_go_back_when_its_aggregate_is_parked(account: Account) -> None:
    application = await account.instance()
    log = Log(application)
    defective = replace(RECEIVED, evolve=fold)
    await application.engine.catch_up(defective, await log.receive("p", 1, 2))
    await application.engine.catch_up(defective, await log.receive("p", 3, POISON))
    answer = await application.view_reader.read(RECEIVED, "p")
    assert answer.version >= 2
    assert await application.dead_letters.parked("received", 1) == {"product-p"}


async def damage(account: Account, stream: str, version: int, **changes: Any) -> None:
    """Alters a stored event behind everybody's back."""
    container = await account.container("events")
    id_ = f"{version:012d}"
    await container.replace_item(id_, await container.read_item(id_, stream) | changes)


async def test_an_event_that_is_damaged_where_it_is_stored_parks_its_aggregate(
    account: Account,
) -> None:
    application = await account.instance(SHARDS="1")
    log = Log(application)
    events = await log.receive("p", 1, 2, 3)
    await damage(account, "product-p", 2, data={"quantity": "many"})
    others = await log.receive("q", 1)
    await application.engine.catch_up(RECEIVED_BY_SHARD, [events[2], *others])
    assert await application.dead_letters.parked("received_by_shard", 1) == {"product-p"}
    assert (await versions(application, RECEIVED_BY_SHARD))["product-q"] == 1
    await damage(account, "product-p", 2, data={"productId": "p", "quantity": 2})
    await application.engine.replay(RECEIVED_BY_SHARD, 1, "product-p")
    assert await application.dead_letters.parked("received_by_shard", 1) == set()
    assert (await versions(application, RECEIVED_BY_SHARD))["product-p"] == 3


async def test_a_replay_of_what_is_still_damaged_leaves_the_record(account: Account) -> None:
    application = await account.instance()
    events = await Log(application).receive("p", 1, 2, 3)
    await damage(account, "product-p", 2, data={})
    await application.engine.catch_up(RECEIVED, events[2:])
    await application.engine.replay(RECEIVED, 1, "product-p")
    assert await application.dead_letters.parked("received", 1) == {"product-p"}


KINDS = [RECEIVED, RECEIVED_BY_SHARD, WIDE, JOURNAL, reaction(Effects())]
EVERY_KIND = pytest.mark.parametrize("projection", KINDS, ids=lambda kind: kind.name)


@EVERY_KIND
@pytest.mark.parametrize("changes", [{"eventType": "StockBurnt"}, {"schemaVersion": 2}])
async def test_an_event_that_is_newer_than_the_code_is_raised_and_the_others_are_kept(
    account: Account, projection: Projection, changes: dict[str, Any]
) -> None:
    application = await account.instance(SHARDS="1")
    log = Log(application)
    events = await log.receive("p", 1, 2, 3)
    await application.engine.catch_up(projection, events[:1])
    await damage(account, "product-p", 2, **changes)
    with pytest.raises(ExceptionGroup) as raised:
        await application.engine.catch_up(projection, [events[2], *await log.receive("q", 1)])
    assert raised.group_contains(UnreadableEvent)
    assert await application.dead_letters.parked(projection.name, 1) == set()
    found = await versions(application, projection)
    assert (found["product-p"], found["product-q"]) == (1, 1)


@pytest.mark.parametrize("status", [401, 403, 449])
async def test_what_passes_with_time_is_raised_and_parks_nothing(
    account: Account, status: int
) -> None:
    application = await account.instance(SHARDS="1")
    log = Log(application)
    events = [*await log.receive("p", 1, 2), *await log.receive("q", 1)]
    refused = await account.instance(partial(Refusing, status=status), SHARDS="1")
    for projection in KINDS:
        with pytest.raises(ExceptionGroup) as raised:
            await refused.engine.catch_up(projection, events)
        assert raised.group_contains(StoreUnavailable)
        assert await application.dead_letters.parked(projection.name, 1) == set()
        await application.engine.catch_up(projection, events)
        found = await versions(application, projection)
        assert (found["product-p"], found["product-q"]) == (2, 1)


@EVERY_KIND
async def test_a_missing_container_is_raised_and_parks_nothing(
    account: Account, projection: Projection
) -> None:
    warm, cold = await account.instance(SHARDS="1"), await account.instance(SHARDS="1")
    events = await Log(warm).receive("p", 1, 2)
    await warm.engine.catch_up(projection, events[:1])
    database = (await account.client()).get_database_client("EventSourcingDB")
    await database.delete_container(projection.container)
    for application in (warm, cold):
        with pytest.raises(ExceptionGroup) as raised:
            await application.engine.catch_up(projection, events)
        assert raised.group_contains(StoreUnavailable)
        with pytest.raises(StoreUnavailable):
            await application.lag_meter.versions(projection, ["product-p"])
        assert await application.dead_letters.parked(projection.name, 1) == set()


@pytest.mark.parametrize("container", ["projection_state", "deadletters", "events"])
async def test_a_missing_container_of_the_engine_is_raised_too(
    account: Account, container: str
) -> None:
    application = await account.instance()
    events = await Log(application).receive("p", 1, 2)
    database = (await account.client()).get_database_client("EventSourcingDB")
    await database.delete_container(container)
    with pytest.raises((ExceptionGroup, StoreUnavailable)) as raised:
        await application.engine.catch_up(RECEIVED, events[1:])
    unavailable = raised.errisinstance(StoreUnavailable) or raised.group_contains(StoreUnavailable)
    assert unavailable


async def test_throttling_that_lasts_is_raised_with_the_time_to_wait(account: Account) -> None:
    application = await account.instance()
    events = await Log(application).receive("p", 1)
    account.cosmos.faults.throttle(times=None, retry_after_ms=1001)
    with pytest.raises(StoreUnavailable, match="throttling") as raised:
        await application.engine.catch_up(RECEIVED, events)
    assert raised.value.retry_after == 1.001
    account.cosmos.faults.clear()
    await application.engine.catch_up(RECEIVED, events)
    assert (await versions(application, RECEIVED))["product-p"] == 1

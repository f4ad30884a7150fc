"""How far a projection is behind: exactly, in events and in seconds, parked aggregates aside."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.events import Recorded
from projections import lag as lags
from projections.order_read_model import ORDER_READ_MODEL
from projections.projection import Projection
from projections.reconcile import Reconcile
from tests.stack.in_process import Account
from tests.stack.log import Log
from tests.stack.projections import JOURNAL, RECEIVED, RECEIVED_BY_SHARD, WIDE, Effects, reaction
from wiring import Application

KINDS = [RECEIVED, RECEIVED_BY_SHARD, WIDE, JOURNAL]
EVERY_KIND = pytest.mark.parametrize("projection", KINDS, ids=lambda kind: kind.name)


async def behind(application: Application, projection: Projection) -> tuple[int, str | None]:
    lag = await application.lag_meter.measure(projection)
    return lag.events, lag.newest


async def caught_up(application: Application, *projections: Projection) -> None:
    """Reconcile's position at the end, as live delivery and it would have it."""
    run = Reconcile(
        application.feed_reader,
        application.positions,
        application.codec,
        application.engine,
        application.undelivered,
        0,
    )
    await run.run(projections, seconds=60)


@EVERY_KIND
async def test_every_event_that_is_not_applied_counts(
    account: Account, projection: Projection
) -> None:
    application = await account.instance()
    log = Log(application)
    assert await behind(application, projection) == (0, None)
    p, q = await log.receive("p", 1, 2, 3), await log.receive("q", 1)
    await log.place("o")
    assert await behind(application, projection) == (4, None)
    await application.engine.catch_up(projection, p[:2])
    assert await behind(application, projection) == (2, p[1].timestamp)
    await application.engine.catch_up(projection, [*p, *q])
    assert await behind(application, projection) == (0, q[0].timestamp)


@EVERY_KIND
async def test_it_is_as_exact_from_reconciles_position_on(
    account: Account, projection: Projection
) -> None:
    application = await account.instance()
    log = Log(application)
    old = await log.receive("p", 1, 2)
    await log.place("o")
    await caught_up(application, projection)
    assert await behind(application, projection) == (0, old[1].timestamp)
    p, r = await log.receive("p", 3), await log.receive("r", 1, 1)
    assert await behind(application, projection) == (3, old[1].timestamp)
    await application.engine.catch_up(projection, p)
    assert await behind(application, projection) == (2, p[0].timestamp)
    await application.engine.catch_up(projection, r)
    assert (await behind(application, projection))[0] == 0


async def test_seconds_are_the_age_of_the_oldest_event_that_is_missing(account: Account) -> None:
    application = await account.instance()
    log = Log(application)
    events = await log.receive("p", 1) + await log.receive("p", 2)
    before = datetime.now(UTC)
    lag = await application.lag_meter.measure(RECEIVED)
    oldest = datetime.fromisoformat(events[0].timestamp)
    assert (before - oldest).total_seconds() <= lag.seconds
    assert lag.seconds <= (datetime.now(UTC) - oldest).total_seconds()
    await application.engine.catch_up(RECEIVED, events)
    assert (await application.lag_meter.measure(RECEIVED)).seconds == 0


def failing(view: Any, recorded: Recorded[Any]) -> Any:
    raise KeyError("a defect")


async def test_what_is_parked_does_not_count(account: Account) -> None:
    application = await account.instance()
    log = Log(application)
    await application.engine.catch_up(replace(RECEIVED, evolve=failing), await log.receive("p", 1))
    await log.receive("q", 1)
    assert (await behind(application, RECEIVED))[0] == 1


async def test_a_reaction_is_behind_with_what_it_has_begun_only(account: Account) -> None:
    application, effects = await account.instance(), Effects()
    log = Log(application)
    p = await log.receive("p", 1, 2, 3)
    await log.receive("q", 1, 2)
    assert await behind(application, reaction(effects)) == (0, None)
    await application.engine.catch_up(reaction(effects), p[:1])
    assert await behind(application, reaction(effects)) == (2, p[0].timestamp)
    await application.engine.catch_up(reaction(effects), p)
    assert await behind(application, reaction(effects)) == (0, p[2].timestamp)


async def test_the_newest_event_applied_is_one_of_the_projections_own(account: Account) -> None:
    application = await account.instance()
    log = Log(application)
    product, order = await log.receive("p", 1), await log.place("o")
    await caught_up(application, RECEIVED, ORDER_READ_MODEL)
    assert await behind(application, RECEIVED) == (0, product[0].timestamp)
    assert await behind(application, ORDER_READ_MODEL) == (0, order[0].timestamp)


async def test_events_that_the_code_cannot_read_are_behind_too(account: Account) -> None:
    application = await account.instance()
    (event,) = await Log(application).receive("p", 1)
    container = await account.container("events")
    stored = await container.read_item("000000000001", event.aggregate_id)
    await container.replace_item(stored["id"], stored | {"schemaVersion": 2})
    assert await behind(application, RECEIVED) == (1, None)


async def test_a_long_lag_is_counted_up_to_a_point(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lags, "MOST_COUNTED", 20)
    application = await account.instance()
    log = Log(application)
    await log.receive("p", *[1] * 20)
    assert not (await application.lag_meter.measure(RECEIVED)).at_least
    await log.receive("p", 1)
    lag = await application.lag_meter.measure(RECEIVED)
    assert (lag.events, lag.at_least) == (21, True)


async def test_the_versions_of_aggregates_are_told_with_one_read_per_partition(
    account: Account,
) -> None:
    application = await account.instance(SHARDS="1")
    log = Log(application)
    events = [*await log.receive("p", 1, 2), *await log.receive("q", 1)]
    await application.engine.catch_up(RECEIVED_BY_SHARD, events)
    account.requests()
    found = await application.lag_meter.versions(
        RECEIVED_BY_SHARD, ["product-p", "product-q", "product-r"]
    )
    assert found == {"product-p": 2, "product-q": 1, "product-r": 0}
    assert account.requests_to("order_search") == {"query": 1}

"""The laws of the read side: whatever is delivered, lost, repeated or broken off, once caught up every read
model is exactly what the events say."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.advance import Cursor, advance
from projections.audit_log import AUDIT_LOG
from projections.order_search import ORDER_SEARCH
from projections.projection import Projection, View
from projections.reconcile import Reconcile
from projections.sales_report import SALES_REPORT
from tests.stack import sums
from tests.stack.dying import Death, Died, Dying
from tests.stack.in_process import Account
from tests.stack.in_process import account as open_account
from tests.stack.log import Log, items_of
from tests.stack.projections import JOURNAL, RECEIVED, WIDE
from wiring import Application

SHARDS = "2"
EXAMPLES = settings().max_examples // 3
"""Each is an account of its own with processes that live and die."""


class Delivery(msgspec.Struct, frozen=True):
    """A batch as it reaches a process: events by their number in the log, and the process's death."""

    events: tuple[int, ...]
    death: Death


deliveries = st.builds(
    Delivery,
    st.lists(st.integers(0, 30), max_size=8).map(tuple),
    st.builds(Death, st.none() | st.integers(1, 6), st.sampled_from(["before", "after"])),
)
schedules = st.lists(st.lists(deliveries, min_size=1, max_size=3), max_size=4)
"""Batches that reach as many processes at the same time, one group after the other."""


async def follow(
    account: Account, log: Log, schedule: list[list[Delivery]], *projections: Projection
) -> None:
    """Delivers a schedule, then catches up by reconcile alone."""
    for group in schedule:
        await asyncio.gather(*(deliver(account, log, each, projections) for each in group))
    application = await account.instance(SHARDS=SHARDS)
    await reconcile(application).run(projections, seconds=60)


async def deliver(
    account: Account, log: Log, delivery: Delivery, projections: tuple[Projection, ...]
) -> None:
    everything = log.all()
    events = [everything[number % len(everything)] for number in delivery.events]
    process = await account.instance(partial(Dying, death=delivery.death), SHARDS=SHARDS)
    for projection in projections:
        with suppress(Died, ExceptionGroup):
            await process.engine.catch_up(projection, events)


def reconcile(application: Application) -> Reconcile:
    """One that leaves live delivery no time."""
    return Reconcile(
        application.feed_reader,
        application.positions,
        application.codec,
        application.engine,
        application.undelivered,
        0,
    )


async def views(account: Account, view: View[Any]) -> dict[str, Any]:
    documents = await account.documents(view.container)
    return {d["id"]: (d["version"], d["view"]) for d in documents if "view" in d}


def folds(view: View[Any], log: Log) -> Iterator[tuple[str, Any]]:
    for stream, events in log.streams.items():
        cursor: Cursor[Any] = advance(view.evolve, Cursor(), events)
        yield stream, (cursor.version, msgspec.json.decode(msgspec.json.encode(cursor.view)))


@settings(max_examples=EXAMPLES)
@given(st.lists(st.lists(st.integers(1, 450), max_size=3), min_size=1, max_size=3), schedules)
async def test_a_report_is_the_sum_of_the_rows_of_every_aggregate(
    quantities: list[list[int]], schedule: list[list[Delivery]]
) -> None:
    async with open_account() as account:
        log = Log(await account.instance())
        for number, receipts in enumerate(quantities):
            await log.receive(f"{number}", 1, *receipts)
        await follow(account, log, schedule, WIDE)
        assert await sums.stored(account, WIDE) == sums.expected(WIDE, log.streams)


@settings(max_examples=EXAMPLES)
@given(
    st.lists(
        st.tuples(st.integers(1, 3) | st.just(120), st.sampled_from(["place", "ship", "cancel"])),
        min_size=1,
        max_size=4,
    ),
    schedules,
)
async def test_sales_add_up_to_the_cent(
    orders: list[tuple[int, str]], schedule: list[list[Delivery]]
) -> None:
    async with open_account() as account:
        log = Log(await account.instance())
        for number, (products, end) in enumerate(orders):
            await log.place(f"{number}", *items_of(range(products)), customer=f"c{number % 2}")
            if end == "ship":
                await log.ship(f"{number}")
            if end == "cancel":
                await log.cancel(f"{number}")
        await follow(account, log, schedule, SALES_REPORT)
        assert await sums.stored(account, SALES_REPORT) == sums.expected(SALES_REPORT, log.streams)


@settings(max_examples=EXAMPLES)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=4), schedules)
async def test_views_are_folds_and_a_journal_has_every_event_once(
    lengths: list[int], schedule: list[list[Delivery]]
) -> None:
    async with open_account() as account:
        log = Log(await account.instance())
        for number, length in enumerate(lengths):
            await log.receive(f"{number}", *range(1, length + 1))
        await follow(account, log, schedule, RECEIVED, JOURNAL)
        assert await views(account, RECEIVED) == dict(folds(RECEIVED, log))
        entries = [d for d in await account.documents("audit_log") if "eventId" in d]
        assert sorted(d["eventId"] for d in entries) == sorted(e.event_id for e in log.all())


async def test_every_projection_of_the_application_follows_the_same_log(account: Account) -> None:
    application = await account.instance()
    log = Log(application)
    for number in range(6):
        await log.place(f"{number}", *items_of(range(number + 1)))
        await log.receive(f"{number}", 5, 7)
    await log.ship("1")
    await log.cancel("2")
    projections = (ORDER_SEARCH, SALES_REPORT, AUDIT_LOG)
    await reconcile(application).run(projections, seconds=60)
    entries = [d for d in await account.documents("audit_log") if "eventId" in d]
    assert sorted(d["eventId"] for d in entries) == sorted(e.event_id for e in log.all())
    orders = {stream: events for stream, events in log.streams.items() if "order" in stream}
    assert await sums.stored(account, SALES_REPORT) == sums.expected(SALES_REPORT, orders)
    found = await views(account, ORDER_SEARCH)
    assert {id_: version for id_, (version, _) in found.items()} == {
        stream: len(events) for stream, events in orders.items()
    }

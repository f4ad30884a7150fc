"""Reconcile: what delivery lost for good is healed, without any later event of the aggregate."""

import asyncio
import time
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from domain.events import Recorded
from event_store.errors import StoreUnavailable
from projections.audit_log import AUDIT_LOG
from projections.order_read_model import ORDER_READ_MODEL
from projections.projection import Projection
from projections.reconcile import OWNER, Reconcile
from tests.stack.in_process import Account
from tests.stack.in_process import account as open_account
from tests.stack.log import Log
from tests.stack.projections import JOURNAL, RECEIVED, Effects, reaction
from tests.stack.transport import Refusing
from wiring import Application


def reconcile(application: Application, behind: float = 0) -> Reconcile:
    return Reconcile(
        application.feed_reader,
        application.positions,
        application.codec,
        application.engine,
        application.undelivered,
        behind,
    )


async def shown(application: Application, order: str) -> tuple[str, int]:
    answer = await application.view_reader.read(ORDER_READ_MODEL, order)
    return answer.view.status, answer.version


async def test_a_lost_last_event_is_healed_without_any_later_one(account: Account) -> None:
    application = await account.instance()
    log = Log(application)
    await application.engine.catch_up(ORDER_READ_MODEL, await log.place("o"))
    await log.ship("o")
    assert await shown(application, "o") == ("placed", 1)
    await reconcile(application).run([ORDER_READ_MODEL], seconds=60)
    assert await shown(application, "o") == ("shipped", 2)


async def test_an_aggregate_of_which_nothing_arrived_is_healed(account: Account) -> None:
    application = await account.instance()
    log = Log(application)
    await log.place("o")
    await reconcile(application).run([ORDER_READ_MODEL, AUDIT_LOG], seconds=60)
    assert await shown(application, "o") == ("placed", 1)


async def test_it_goes_on_where_the_last_run_ended(account: Account) -> None:
    application = await account.instance()
    log = Log(application)
    for number in range(5):
        await log.receive(f"{number}", 1)
    await reconcile(application).run([RECEIVED], seconds=60)
    await log.receive("5", 1)
    account.requests()
    other = await account.instance()
    await reconcile(other).run([RECEIVED], seconds=60)
    assert account.requests_to("product_read_model") == {"point_read": 2, "create": 1}
    (kept,) = await other.positions.load(OWNER)
    assert (kept.events, kept.newest) == (6, {"Product": log.all()[-1].timestamp})


async def test_what_live_delivery_may_still_bring_is_left_to_it(account: Account) -> None:
    application = await account.instance()
    log = Log(application)
    await log.receive("p", 1)
    await reconcile(application, behind=60).run([RECEIVED], seconds=60)
    assert await account.documents("product_read_model") == []
    await reconcile(application).run([RECEIVED], seconds=60)
    assert len(await account.documents("product_read_model")) == 1


async def test_what_is_old_enough_is_healed_although_others_never_rest() -> None:
    now = time.time() - 500
    async with open_account(lambda: now) as account:
        application = await account.instance()
        log = Log(application)
        for number in range(8):
            now += 50
            await log.receive(f"{number}", 1)
        await reconcile(application, behind=time.time() - now + 120).run([RECEIVED], seconds=60)
        healed = {d["id"] for d in await account.documents("product_read_model")}
        assert healed == {f"product-{number}" for number in range(5)}


async def test_it_ends_in_time_and_goes_on_in_the_next_run(account: Account) -> None:
    application = await account.instance()
    log = Log(application)
    for number in range(3):
        for _ in range(6):
            await log.receive(f"{number}", *[1] * 99)
    runs = 0
    while len(await account.documents("product_read_model")) < 3:
        await reconcile(application).run([RECEIVED], seconds=0)
        runs += 1
    assert 1 < runs <= 5


async def test_when_a_projection_cannot_catch_up_the_next_run_begins_there_again(
    account: Account,
) -> None:
    log = Log(await account.instance())
    await log.receive("p", 1)
    refused = await account.instance(partial(Refusing, status=403))
    with pytest.raises((ExceptionGroup, StoreUnavailable)):
        await reconcile(refused).run([RECEIVED], seconds=60)
    application = await account.instance()
    await application.positions.begin(OWNER, await application.feed_reader.ranges())
    with pytest.raises(ExceptionGroup):
        await reconcile(refused).run([RECEIVED], seconds=60)
    await reconcile(application).run([RECEIVED], seconds=60)
    assert (await application.view_reader.read(RECEIVED, "p")).version == 1


def failing(view: Any, recorded: Recorded[Any]) -> Any:
    raise KeyError("a defect")


async def test_a_projection_that_parks_holds_up_no_other_and_is_healed_by_a_mended_fold(
    account: Account,
) -> None:
    application = await account.instance()
    log = Log(application)
    await log.receive("p", 1)
    projections: list[Projection] = [replace(RECEIVED, evolve=failing), JOURNAL]
    await reconcile(application).run(projections, seconds=60)
    assert await application.dead_letters.parked("received", 1) == {"product-p"}
    assert len(await account.documents("audit_log")) == 2
    await log.receive("p", 1)
    await reconcile(application).run([RECEIVED], seconds=60)
    assert await application.dead_letters.parked("received", 1) == set()
    assert (await application.view_reader.read(RECEIVED, "p")).version == 2


@pytest.mark.parametrize("changes", [{"data": {}}, {"metadata": None}, {"timestamp": None}])
async def test_a_last_event_that_is_damaged_parks_its_aggregate(
    account: Account, changes: dict[str, Any]
) -> None:
    application, effects = await account.instance(), Effects()
    log = Log(application)
    await log.receive("p", 1, 2)
    await log.receive("q", 1)
    container = await account.container("events")
    stored = await container.read_item("000000000002", "product-p")
    await container.replace_item(stored["id"], stored | changes)
    projections: list[Projection] = [RECEIVED, JOURNAL, ORDER_READ_MODEL, reaction(effects)]
    await reconcile(application).run(projections, seconds=60)
    for name, parked in (("received", {"product-p"}), ("journal", {"product-p"})):
        assert await application.dead_letters.parked(name, 1) == parked
    assert await application.dead_letters.parked("order_read_model", 1) == set()
    assert (await application.view_reader.read(RECEIVED, "q")).version == 1
    assert effects == [event.event_id for event in log.streams["product-q"]]
    await container.replace_item(stored["id"], stored)
    await application.engine.replay(RECEIVED, 1, "product-p")
    assert (await application.view_reader.read(RECEIVED, "p")).version == 2


async def test_two_processes_may_run_it_at_the_same_time(account: Account) -> None:
    one, other = await account.instance(), await account.instance()
    log = Log(one)
    for number in range(10):
        await log.receive(f"{number}", 1, 2)
    projections = (RECEIVED, JOURNAL)
    await asyncio.gather(*(reconcile(each).run(projections, 60) for each in (one, other)))
    entries = [d for d in await account.documents("audit_log") if "eventId" in d]
    assert len(entries) == 20
    assert {d["version"] for d in await account.documents("product_read_model")} == {2}

"""What delivery lost goes to the hub once more, for every other reader of it, and is not archived before."""

from contextlib import suppress

import pytest

from event_store.errors import StoreUnavailable
from local.cosmos import On
from projections.audit_log import AUDIT_LOG
from projections.undelivered import OWNER
from tests.integration.projections.test_dead_letters import DEFECTIVE
from tests.integration.projections.test_reconcile import reconcile
from tests.stack.dying import Death, Died, Dying, When
from tests.stack.in_process import Account
from tests.stack.log import Log
from tests.stack.projections import JOURNAL, RECEIVED
from wiring import Application


async def marked(account: Account) -> set[str]:
    documents = await account.documents("projection_state")
    return {d["id"] for d in documents if d["projection"] == OWNER}


async def twice(application: Application, account: Account) -> None:
    """The run that finds and marks, and the next, which sends."""
    for _ in range(2):
        await reconcile(application).run([RECEIVED, AUDIT_LOG], seconds=60)
    assert await marked(account) == set()


async def test_what_one_projection_lacks_is_sent_to_the_hub_again(account: Account) -> None:
    application = await account.instance()
    log = Log(application)
    await application.engine.catch_up(RECEIVED, await log.receive("p", 1, 1))
    await application.engine.catch_up(AUDIT_LOG, log.all())
    await application.engine.catch_up(RECEIVED, await log.receive("q", 1))
    await twice(application, account)
    assert account.hub.sent == [("product-q", 1)]


async def test_what_all_have_is_not_sent_and_costs_one_read_each(account: Account) -> None:
    application = await account.instance()
    log = Log(application)
    await application.engine.catch_up(RECEIVED, await log.receive("p", 1, 1))
    account.requests()
    await reconcile(application).run([RECEIVED], seconds=60)
    assert account.requests_to("product_read_model") == {"point_read": 1}
    assert account.hub.sent == []


async def test_only_what_was_lost_is_sent_in_the_order_of_its_stream(account: Account) -> None:
    application = await account.instance()
    log = Log(application)
    await application.engine.catch_up(JOURNAL, await log.receive("p", 1, 1))
    await reconcile(application).run([JOURNAL], seconds=60)
    await log.receive("p", 1, 1, 1)
    await reconcile(application).run([JOURNAL], seconds=60)
    await reconcile(application).run([JOURNAL], seconds=60)
    assert account.hub.sent == [("product-p", version) for version in (3, 4, 5)]


async def test_a_hub_that_is_away_holds_up_no_healing_and_gets_it_later(account: Account) -> None:
    application = await account.instance()
    await Log(application).receive("p", 1)
    account.hub.away = True
    await reconcile(application).run([RECEIVED], seconds=60)
    assert len(await account.documents("product_read_model")) == 1
    with pytest.raises(ExceptionGroup):
        await reconcile(application).run([RECEIVED], seconds=60)
    assert await marked(account) == {"product-p:1"}
    account.hub.away = False
    await reconcile(application).run([RECEIVED], seconds=60)
    assert account.hub.sent == [("product-p", 1)]
    assert await marked(account) == set()


async def test_it_ends_in_time_and_the_next_run_goes_on(account: Account) -> None:
    application = await account.instance()
    log = Log(application)
    for name in "pqr":
        await log.receive(name, 1, 1)
    await reconcile(application).run([RECEIVED], seconds=60)
    for runs in (1, 2, 3):
        await reconcile(application).run([RECEIVED], seconds=-1)
        assert len(await marked(account)) == 6 - 2 * runs
    assert sorted(account.hub.sent) == [(f"product-{name}", v) for name in "pqr" for v in (1, 2)]


async def test_a_throttled_store_of_marks_loses_none(account: Account) -> None:
    application = await account.instance()
    await Log(application).receive("p", 1)
    await reconcile(application).run([RECEIVED], seconds=60)
    account.cosmos.faults.throttle(On(container="projection_state", operation="delete"), times=None)
    with pytest.raises(ExceptionGroup):
        await reconcile(application).run([RECEIVED], seconds=60)
    account.cosmos.faults.clear()
    await twice(application, account)
    assert account.hub.sent == [("product-p", 1)] * 2, "sent again, because it was not unmarked"


async def test_what_cannot_be_marked_is_not_healed_yet(account: Account) -> None:
    """Healed without a mark it would look as if it had been delivered."""
    application = await account.instance()
    await Log(application).receive("p", 1)
    account.cosmos.faults.throttle(On(container="projection_state", operation="batch"), times=None)
    with pytest.raises(ExceptionGroup) as failed:
        await reconcile(application).run([RECEIVED], seconds=60)
    assert failed.group_contains(StoreUnavailable)
    assert await account.documents("product_read_model") == []


async def test_a_parked_aggregate_is_sent_once(account: Account) -> None:
    application = await account.instance()
    await Log(application).receive("p", 1)
    for _ in range(3):
        await reconcile(application).run([DEFECTIVE[0]], seconds=60)
    assert account.hub.sent == [("product-p", 1)]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("writes", range(1, 8))
async def test_wherever_it_dies_nothing_is_left_unsent(
    account: Account, writes: int, when: When
) -> None:
    await Log(await account.instance()).receive("p", 1, 1)
    dying = await account.instance(lambda *parts: Dying(*parts, death=Death(writes, when)))
    with suppress(Died, ExceptionGroup):
        for _ in range(3):
            await reconcile(dying).run([RECEIVED, JOURNAL], seconds=60)
    await twice(await account.instance(), account)
    assert set(account.hub.sent) == {("product-p", 1), ("product-p", 2)}

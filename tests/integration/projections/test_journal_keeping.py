"""Journals on Cosmos DB: one entry per event, in batches that Cosmos DB takes."""

from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from domain.events import Recorded
from tests.stack.dying import Death, Died, Dying, When
from tests.stack.in_process import Account
from tests.stack.log import Log
from tests.stack.projections import JOURNAL, entry
from tests.stack.transport import Overtaken


async def entries(account: Account) -> list[tuple[str, int]]:
    """Every entry by aggregate and version."""
    documents = await account.documents("audit_log")
    return sorted((d["aggregateId"], d["version"]) for d in documents if "eventId" in d)


def versions(product: str, last: int) -> list[tuple[str, int]]:
    return [(f"product-{product}", version) for version in range(1, last + 1)]


async def test_events_are_entered_with_one_read_and_one_write_per_aggregate(
    account: Account,
) -> None:
    application = await account.instance()
    log = Log(application)
    batch = [*await log.receive("p", 1, 2, 3), *await log.receive("q", 1)]
    account.requests()
    await application.engine.catch_up(JOURNAL, batch)
    assert account.requests_to("audit_log") == {"point_read": 2, "batch": 2}
    await application.engine.catch_up(JOURNAL, batch)
    assert account.requests_to("audit_log") == {"point_read": 2}
    assert await entries(account) == versions("p", 3) + versions("q", 1)


async def test_an_entry_says_what_it_is_about(account: Account) -> None:
    application = await account.instance()
    (event,) = await Log(application).receive("p", 7)
    await application.engine.catch_up(JOURNAL, [event])
    found = [d for d in await account.documents("audit_log") if "eventId" in d]
    (stored,) = [{k: v for k, v in d.items() if not k.startswith("_")} for d in found]
    assert stored == {
        "id": "1|000000000001",
        "aggregateId": "product-p",
        "version": 1,
        "generation": 1,
        "eventId": event.event_id,
        "quantity": 7,
    }


async def test_what_was_not_delivered_is_entered_too(account: Account) -> None:
    application = await account.instance()
    events = await Log(application).receive("p", 1, 2, 3, 4)
    await application.engine.catch_up(JOURNAL, [events[0]])
    await application.engine.catch_up(JOURNAL, [events[3], events[2]])
    assert await entries(account) == versions("p", 4)


async def test_a_long_history_is_entered_in_batches(account: Account) -> None:
    application = await account.instance()
    log = Log(application)
    for _ in range(5):
        await log.receive("p", *[1] * 50)
    account.requests()
    await application.engine.catch_up(JOURNAL, log.all()[-1:])
    assert account.requests_to("audit_log") == {"point_read": 1, "batch": 3}
    assert await entries(account) == versions("p", 250)


def lengthy(recorded: Recorded[Any]) -> dict[str, Any]:
    return entry(recorded) | {"text": "x" * 1000 * recorded.data.quantity}


async def test_entries_that_are_too_large_for_one_batch_go_in_several(account: Account) -> None:
    application = await account.instance()
    log = Log(application)
    await application.engine.catch_up(
        replace(JOURNAL, entry=lengthy), await log.receive("p", *[500] * 6)
    )
    assert await entries(account) == versions("p", 6)
    assert await application.dead_letters.parked("journal", 1) == set()


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("at", range(1, 4))
async def test_a_process_that_dies_at_any_batch_is_taken_on_from_there(
    account: Account, when: When, at: int
) -> None:
    log = Log(await account.instance())
    for _ in range(5):
        await log.receive("p", *[1] * 50)
    death = Death(at, when)
    dying = await account.instance(partial(Dying, death=death))
    with suppress(Died, ExceptionGroup):
        await dying.engine.catch_up(JOURNAL, log.all())
    assert death.came
    await (await account.instance()).engine.catch_up(JOURNAL, log.all()[-1:])
    assert await entries(account) == versions("p", 250)


async def test_one_that_another_writer_overtook_enters_what_is_left(account: Account) -> None:
    other = await account.instance()
    log = Log(other)
    await log.receive("p", *[1] * 60)
    await log.receive("p", *[1] * 60)
    overtaken = partial(Overtaken, others=lambda: other.engine.catch_up(JOURNAL, log.all()[:70]))
    application = await account.instance(overtaken)
    await application.engine.catch_up(JOURNAL, log.all())
    assert await entries(account) == versions("p", 120)

"""Reactions: an effect per event, at least once and in order, beginning with what is delivered first."""

from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from domain.events import Recorded
from event_store.errors import DamagedEvent
from projections.projection import Undeliverable
from tests.stack.dying import Death, Died, Dying, When
from tests.stack.in_process import Account
from tests.stack.log import Log
from tests.stack.projections import Effects, reaction


def ids(events: list[Recorded[Any]]) -> list[str]:
    return [event.event_id for event in events]


class Outage:
    """Lets nothing be delivered from a version on, as long as it lasts."""

    def __init__(self, version: int) -> None:
        self.version = version
        self.lasts = True

    def __call__(self, recorded: Recorded[Any]) -> None:
        if self.lasts and recorded.version >= self.version:
            raise Undeliverable("nobody answers")


async def test_effects_come_in_order_and_once_where_nothing_goes_wrong(account: Account) -> None:
    application, effects = await account.instance(), Effects()
    events = await Log(application).receive("p", 1, 2, 3)
    await application.engine.catch_up(reaction(effects), [events[2], *events])
    await application.engine.catch_up(reaction(effects), events)
    assert effects == ids(events)


async def test_the_past_of_an_aggregate_has_no_effects(account: Account) -> None:
    application, effects = await account.instance(), Effects()
    events = await Log(application).receive("p", 1, 2, 3, 4)
    await application.engine.catch_up(reaction(effects), events[2:3])
    await application.engine.catch_up(reaction(effects), events[:2])
    assert effects == ids(events[2:3])
    await application.engine.catch_up(reaction(effects), events[3:])
    assert effects == ids(events[2:])


async def test_what_was_lost_on_the_way_is_made_good_in_order(account: Account) -> None:
    application, effects = await account.instance(), Effects()
    events = await Log(application).receive("p", 1, 2, 3, 4)
    await application.engine.catch_up(reaction(effects), events[:1])
    await application.engine.catch_up(reaction(effects), events[3:])
    assert effects == ids(events)


async def test_an_effect_costs_one_read_and_one_write_per_aggregate(account: Account) -> None:
    application, effects = await account.instance(), Effects()
    events = await Log(application).receive("p", 1, 2, 3)
    account.requests()
    await application.engine.catch_up(reaction(effects), events)
    assert account.requests_to("product_read_model") == {"point_read": 1, "create": 1}


@pytest.mark.parametrize("when", ["before", "after"])
async def test_after_a_death_an_effect_may_come_again_but_none_is_missing(
    account: Account, when: When
) -> None:
    effects = Effects()
    events = await Log(await account.instance()).receive("p", 1, 2)
    dying = await account.instance(partial(Dying, death=Death(1, when)))
    with suppress(Died, ExceptionGroup):
        await dying.engine.catch_up(reaction(effects), events)
    await (await account.instance()).engine.catch_up(reaction(effects), events)
    assert effects == ids(events) * (2 if when == "before" else 1)


@pytest.mark.parametrize("failing", [1, 2, 3])
async def test_what_cannot_be_delivered_is_parked_and_goes_on_in_order_with_a_later_event(
    account: Account, failing: int
) -> None:
    application, outage = await account.instance(), Outage(failing)
    effects = Effects(outage)
    log = Log(application)
    events = await log.receive("p", 1, 2, 3)
    others = await log.receive("q", 1)
    await application.engine.catch_up(reaction(effects), [*events, *others])
    assert await application.dead_letters.parked("reaction", 1) == (
        {"product-p", "product-q"} if failing == 1 else {"product-p"}
    )
    assert ids(events[: failing - 1]) == [id_ for id_ in effects if id_ in ids(events)]
    outage.lasts = False
    later = await log.receive("p", 4)
    await application.engine.catch_up(reaction(effects), [*later, *others])
    assert [id_ for id_ in effects if id_ in ids([*events, *later])] == ids([*events, *later])
    assert await application.dead_letters.parked("reaction", 1) == set()


async def test_a_replay_has_the_effects_that_are_due_and_none_of_the_past(
    account: Account,
) -> None:
    application, outage = await account.instance(), Outage(1)
    effects = Effects(outage)
    events = await Log(application).receive("p", 1, 2, 3, 4)
    await application.engine.catch_up(reaction(effects), events[2:3])
    assert effects == []
    outage.lasts = False
    await application.engine.replay(reaction(effects), 1, "product-p")
    assert effects == ids(events[2:])
    assert await application.dead_letters.parked("reaction", 1) == set()


async def test_a_reaction_that_raises_parks_its_aggregate_and_no_other(account: Account) -> None:
    def defective(recorded: Recorded[Any]) -> None:
        if recorded.aggregate_id == "product-p":
            raise KeyError("a defect")

    application, effects = await account.instance(), Effects(defective)
    log = Log(application)
    events = [*await log.receive("p", 1), *await log.receive("q", 1)]
    await application.engine.catch_up(reaction(effects), events)
    assert effects == ids(log.streams["product-q"])
    assert await application.dead_letters.parked("reaction", 1) == {"product-p"}


async def test_a_damaged_event_in_the_past_does_not_stop_a_reaction(account: Account) -> None:
    application, effects = await account.instance(), Effects()
    events = await Log(application).receive("p", 1, 2, 3)
    container = await account.container("events")
    damaged = await container.read_item("000000000001", "product-p")
    await container.replace_item("000000000001", damaged | {"data": {}})
    with pytest.raises(DamagedEvent):
        _ = [event async for event in application.event_store.read("product-p")]
    await application.engine.catch_up(reaction(effects), events[1:])
    assert effects == ids(events[1:])

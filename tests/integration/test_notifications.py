"""Notifications over the real wiring and real HTTP: what a receiver gets, whatever goes wrong."""

import base64
import re
import runpy
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest

from domain.events import Recorded
from domain.order import ORDER, CancelOrder, DeliverOrder, ShipOrder
from functions import projectors, timers
from projections.dead_letters import DeadLetter
from projections.notification_handler import NOTIFICATION_HANDLER
from projections.redelivery import AT_ONCE
from projections.webhooks import REST, Webhooks
from tests.fakes.receiver import Received, Receiver
from tests.fakes.receiver import receiver as listening
from tests.rules.repository import ROOT
from tests.stack.commanding import an_order, execute
from tests.stack.in_process import Account
from wiring import Application

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
SECRETS = [f"whsec_{base64.b64encode(bytes([n]) * 24).decode()}" for n in (1, 2)]

type IsGenuine = Callable[[Any, bytes, str], bool]


@pytest.fixture
def is_genuine(tmp_path: Path) -> IsGenuine:
    """The receiver's check, as docs/notifications.md gives it."""
    page = (ROOT / "docs" / "notifications.md").read_text()
    (code,) = re.findall("```python\n(.*?)```", page, re.DOTALL)
    (tmp_path / "receiver.py").write_text(code)
    check: IsGenuine = runpy.run_path(str(tmp_path / "receiver.py"))["is_genuine"]
    return check


class Notifying:
    """An instance that notifies a receiver; its pauses end at once and move its clock instead."""

    def __init__(self, application: Application, receiver: Receiver) -> None:
        self.application = application
        self.receiver = receiver
        self.later = 0.0
        self.application.webhooks = Webhooks(
            application.settings.notification_webhooks,
            application.settings.notification_secrets,
            lambda: application.http,
            clock=lambda: time.time() + self.later,
            pause=self._pause,
        )

    async def _pause(self, seconds: float) -> None:
        self.later += seconds

    async def placed(self, *identities: str) -> None:
        for identity in identities:
            await execute(self.application, ORDER, identity, an_order())

    async def shipped(self, identity: str = "1") -> None:
        await execute(self.application, ORDER, identity, ShipOrder(tracking_number="1Z"))

    async def delivered(self, identity: str = "1") -> None:
        await execute(self.application, ORDER, identity, DeliverOrder(signed_by="Ada Lovelace"))

    async def events(self, identity: str = "1") -> list[Recorded[Any]]:
        return [event async for event in self.application.event_store.read(f"order-{identity}")]

    async def tell(self, events: list[Recorded[Any]]) -> None:
        await self.application.engine.catch_up(NOTIFICATION_HANDLER, events)

    async def letters(self) -> list[DeadLetter]:
        return await self.application.replayer.all()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with listening() as receiver:
        yield receiver


@pytest.fixture
async def notifying(account: Account, receiver: Receiver) -> AsyncIterator[Notifying]:
    application = await account.instance(
        NOTIFICATION_WEBHOOKS=receiver.url, NOTIFICATION_SECRET=SECRET
    )
    yield Notifying(application, receiver)
    await application.http.close()


async def test_events_reach_the_receiver_once_and_in_order(
    notifying: Notifying, receiver: Receiver
) -> None:
    await notifying.placed("1")
    await notifying.shipped()
    await notifying.delivered()
    events = await notifying.events()
    await notifying.tell(events[::-1])
    await notifying.tell(events)
    assert receiver.ids == [event.event_id for event in events]
    assert [r.event["type"] for r in receiver.received] == [
        "OrderPlaced",
        "OrderShipped",
        "OrderDelivered",
    ]
    assert not [r for r in receiver.received if b"Ada" in r.body]


async def test_the_documented_check_knows_what_is_genuine(
    notifying: Notifying, receiver: Receiver, is_genuine: IsGenuine
) -> None:
    await notifying.placed("1")
    await notifying.tell(await notifying.events())
    (received,) = receiver.received
    headers, body = received.headers, received.body
    assert is_genuine(headers, body, SECRET)
    assert not is_genuine(headers, body + b" ", SECRET)
    assert not is_genuine(headers, body, SECRETS[0])
    assert not is_genuine({}, body, SECRET)
    old = str(int(headers["webhook-timestamp"]) - 301)
    for changed in (
        {"webhook-id": "another"},
        {"webhook-timestamp": old},
        {"webhook-timestamp": "soon"},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,AAAA é"},
    ):
        assert not is_genuine({**headers, **changed}, body, SECRET)


async def test_what_was_signed_long_ago_is_not_genuine_any_more(
    notifying: Notifying, receiver: Receiver, is_genuine: IsGenuine
) -> None:
    notifying.later = -301
    await notifying.placed("1")
    await notifying.tell(await notifying.events())
    (received,) = receiver.received
    assert not is_genuine(received.headers, received.body, SECRET)


async def test_receivers_of_the_old_and_of_the_new_secret_both_find_theirs(
    account: Account, receiver: Receiver, is_genuine: IsGenuine
) -> None:
    application = await account.instance(
        NOTIFICATION_WEBHOOKS=receiver.url, NOTIFICATION_SECRET=", ".join(SECRETS)
    )
    notifying = Notifying(application, receiver)
    await notifying.placed("1")
    await notifying.tell(await notifying.events())
    await application.http.close()
    (received,) = receiver.received
    assert all(is_genuine(received.headers, received.body, secret) for secret in SECRETS)


async def test_a_repeat_after_a_crash_has_the_same_ids(
    account: Account, notifying: Notifying, receiver: Receiver
) -> None:
    await notifying.placed("1")
    await notifying.shipped()
    events = await notifying.events()
    await notifying.tell(events)
    container = await account.container(NOTIFICATION_HANDLER.container)
    await container.delete_item("order-1", "order-1")
    await notifying.tell(events)
    ids = [event.event_id for event in events]
    assert receiver.ids == [*ids, *ids]
    bodies = [received.body for received in receiver.received]
    assert bodies[:2] == bodies[2:]


async def test_an_outage_of_the_receiver_is_waited_out(
    notifying: Notifying, receiver: Receiver
) -> None:
    receiver.answers.extend([503, None, 429])
    await notifying.placed("1")
    await notifying.tell(await notifying.events())
    assert len(set(receiver.ids)) == 1
    assert len(receiver.ids) == 4
    assert await notifying.letters() == []


async def test_one_that_is_refused_is_parked_and_the_others_go_on(
    notifying: Notifying, receiver: Receiver
) -> None:
    await notifying.placed("1", "2", "3")
    refused = (await notifying.events("2"))[0]

    def refuses(received: Received) -> bool:
        return received.headers["webhook-id"] == refused.event_id

    receiver.refuses = refuses
    batch = [event for number in "123" for event in await notifying.events(number)]
    await notifying.tell(batch)
    (letter,) = await notifying.letters()
    assert (letter.projection, letter.aggregate_id) == ("notification_handler", "order-2")
    assert len(receiver.received) == 3
    assert "order" not in letter.error


async def test_the_next_event_goes_on_from_the_first_that_was_not_delivered(
    notifying: Notifying, receiver: Receiver
) -> None:
    await notifying.placed("1")
    await notifying.shipped()
    receiver.always = 400
    await notifying.tell(await notifying.events())
    assert receiver.versions == [1]
    receiver.received.clear()
    receiver.always = 204
    await notifying.delivered()
    await notifying.tell((await notifying.events())[2:])
    assert receiver.versions == [1, 2, 3]
    assert await notifying.letters() == []


async def test_a_failure_in_the_middle_goes_on_in_the_middle(
    notifying: Notifying, receiver: Receiver
) -> None:
    await notifying.placed("1")
    await notifying.shipped()
    receiver.answers.extend([204, 400])
    await notifying.tell(await notifying.events())
    (letter,) = await notifying.letters()
    assert await notifying.application.replayer.replay(letter.id)
    assert receiver.versions == [1, 2, 2]
    assert await notifying.letters() == []


async def test_what_was_before_the_first_delivery_is_not_told_also_when_that_failed(
    notifying: Notifying, receiver: Receiver
) -> None:
    await notifying.placed("1")
    await notifying.shipped()
    receiver.always = 400
    await notifying.tell((await notifying.events())[1:])
    receiver.always = 204
    (letter,) = await notifying.letters()
    assert await notifying.application.replayer.replay(letter.id)
    assert receiver.versions == [2, 2]


async def test_a_receiver_that_is_back_gets_everything_without_anybodys_help(
    account: Account, notifying: Notifying, receiver: Receiver
) -> None:
    numbers = [str(number) for number in range(40)]
    await notifying.placed(*numbers)
    await notifying.shipped("7")
    receiver.always = 503
    batch = [event for number in numbers for event in await notifying.events(number)]
    await notifying.tell(batch)
    assert len(await notifying.letters()) == len(numbers)
    redelivery = notifying.application.redelivery

    account.requests()
    await redelivery.run(seconds=60)
    assert account.requests_to("deadletters")["upsert"] == AT_ONCE
    assert len(await notifying.letters()) == len(numbers)

    receiver.received.clear()
    receiver.always = 204
    notifying.later += REST
    await redelivery.run(seconds=60)
    assert await notifying.letters() == []
    assert set(receiver.ids) == {event.event_id for event in batch}
    assert len(receiver.ids) == len(batch)


async def test_what_is_refused_for_good_holds_up_nothing_else(
    notifying: Notifying, receiver: Receiver
) -> None:
    numbers = [str(number) for number in range(2 * AT_ONCE)]
    await notifying.placed(*numbers)
    receiver.always = 400
    for number in numbers:
        await notifying.tell(await notifying.events(number))
    refused = {(await notifying.events(number))[0].event_id for number in numbers[:AT_ONCE]}
    receiver.refuses = lambda received: received.headers["webhook-id"] in refused
    receiver.always = 204
    await notifying.application.redelivery.run(seconds=60)
    assert len(await notifying.letters()) == len(numbers)
    await notifying.application.redelivery.run(seconds=60)
    assert len(await notifying.letters()) == AT_ONCE


async def test_redelivery_ends_in_time(notifying: Notifying, receiver: Receiver) -> None:
    numbers = [str(number) for number in range(AT_ONCE + 1)]
    await notifying.placed(*numbers)
    receiver.always = 400
    await notifying.tell([e for number in numbers for e in await notifying.events(number)])
    receiver.always = 204
    await notifying.application.redelivery.run(seconds=0)
    assert len(await notifying.letters()) == 1


async def test_an_outage_costs_one_round_of_attempts_and_not_one_per_aggregate(
    notifying: Notifying, receiver: Receiver
) -> None:
    numbers = [str(number) for number in range(60)]
    await notifying.placed(*numbers)
    receiver.always = 503
    await notifying.tell([e for number in numbers for e in await notifying.events(number)])
    assert len(set(receiver.ids)) <= 16
    assert len(await notifying.letters()) == len(numbers)


async def test_notifications_are_off_by_default(account: Account, receiver: Receiver) -> None:
    application = await account.instance()
    assert NOTIFICATION_HANDLER not in application.projections
    await execute(application, ORDER, "1", an_order())
    await execute(application, ORDER, "1", CancelOrder(reason="late"))
    account.requests()
    await application.reconcile.run(application.projections, seconds=60)
    assert account.requests_to(NOTIFICATION_HANDLER.container) == {}
    assert "http" not in vars(application)
    assert not {"notification_handler", "redeliver"} & triggers(application)


async def test_a_webhook_turns_them_on(notifying: Notifying) -> None:
    assert {"notification_handler", "redeliver"} <= triggers(notifying.application)


def triggers(application: Application) -> set[str]:
    """The functions that nobody calls."""
    app = func.FunctionApp()
    app.register_functions(projectors.blueprint(application, application.projections))
    app.register_functions(timers.blueprint(application, application.projections))
    return {str(function.get_function_name()) for function in app.get_functions()}

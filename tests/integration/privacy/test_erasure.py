"""Erasure on Cosmos DB and over HTTP: what is gone, what still works, and that nothing undoes it."""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Any

import azure.functions as func
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.order import ORDER, ShipOrder
from event_store.errors import StoreUnavailable
from event_store.sealer import ERASED
from functions import erasure
from privacy.erasure import SETTLING_SECONDS
from privacy.vault import LIFETIME_SECONDS
from projections.order_read_model import ORDER_READ_MODEL
from tests.fakes.blobs import FakeBlobs
from tests.fakes.http import json_of, request
from tests.stack.calls import Functions
from tests.stack.commanding import execute
from tests.stack.dying import Death, Died, Dying, When
from tests.stack.in_process import Account, Transport
from tests.stack.in_process import account as open_account
from tests.stack.personal import a_personal_order, delivery, is_clear
from wiring import Application

MOST_WRITES = 4


async def instance(
    account: Account, blobs: FakeBlobs, transport: Transport | None = None
) -> Application:
    application = await account.instance(transport)
    application.erasure_record = blobs
    return application


async def order(application: Application, identity: str = "1", customer: str = "ada") -> None:
    await execute(application, ORDER, identity, a_personal_order(customer))
    await execute(application, ORDER, identity, ShipOrder(tracking_number="t"))
    await execute(application, ORDER, identity, delivery())


async def opened(account: Account, stream: str = "order-1") -> list[dict[str, Any]]:
    """A stream as a process that has just started shows it."""
    reader = await account.instance()
    return [await reader.sealer.opened(document) for document in await account.stream(stream)]


@pytest.fixture
def blobs() -> FakeBlobs:
    return FakeBlobs()


class Operator:
    """The erasure's functions."""

    def __init__(self, application: Application) -> None:
        app = func.FunctionApp()
        app.register_functions(erasure.blueprint(application))
        self._functions = {
            f.get_function_name(): f.get_user_function() for f in app.get_functions()
        }

    async def __call__(self, method: str, customer: str = "ada") -> Any:
        name = {"DELETE": "erase_personal_data", "GET": "get_erasure"}[method]
        path = f"/api/operations/customers/{customer}/personal-data"
        asked = request(method, path, route={"customerId": customer})
        return await self._functions[name](asked)


async def test_an_erasure_over_http_is_accepted_then_done(
    account: Account, blobs: FakeBlobs
) -> None:
    application = await instance(account, blobs)
    await order(application)
    call = Operator(application)
    assert (await call("GET")).status_code == 404
    accepted = await call("DELETE")
    assert accepted.status_code == 202
    assert accepted.headers["Location"] == "/api/operations/customers/ada/personal-data"
    state = json_of(await call("GET"))
    assert (state["customerId"], state["status"]) == ("ada", "erasing")
    assert json_of(await call("DELETE")) == state

    eraser = application.eraser
    now, later = eraser._now, timedelta(seconds=LIFETIME_SECONDS + SETTLING_SECONDS)
    eraser._now = lambda: now() + later
    assert json_of(await call("GET"))["status"] == "done"


async def test_who_cannot_be_a_customer_is_refused(account: Account, blobs: FakeBlobs) -> None:
    call = Operator(await instance(account, blobs))
    assert (await call("DELETE", "_nobody")).status_code == 400
    assert await account.documents("subject_keys") == []


class AwayBlobs(FakeBlobs):
    async def put(self, name: str, content: bytes) -> bool:
        raise StoreUnavailable("injected")


async def test_where_the_record_cannot_be_kept_nothing_is_destroyed(account: Account) -> None:
    application = await instance(account, AwayBlobs())
    await order(application)
    refused = await Operator(application)("DELETE")
    assert refused.status_code == 503
    assert is_clear(await opened(account))


async def test_history_shows_what_was_erased_and_all_else_still_works(
    account: Account, blobs: FakeBlobs
) -> None:
    application = await instance(account, blobs)
    await order(application)
    await order(application, "2", customer="bob")
    before = [e async for e in application.event_store.read("order-1")]
    await application.eraser.erase("ada")

    history = await Functions(application)("get_order_events", orderId="1")
    placed, shipped, delivered = history.body["events"]
    assert placed["data"]["contact"] == {"name": ERASED, "email": ERASED, "phone": ERASED}
    assert placed["data"]["shippingAddress"] == ERASED
    assert placed["data"]["payment"] == {"creditCard": ERASED}
    assert placed["data"]["items"][0]["productId"] == "prod-1"
    assert shipped["data"]["trackingNumber"] == "t"
    assert delivered["data"]["signedBy"] == ERASED
    assert not is_clear(history.body)
    assert is_clear(await opened(account, "order-2"))

    assert [e async for e in application.event_store.read("order-1")] == before
    past = await application.view_reader.at_version(ORDER_READ_MODEL, "1", 2)
    assert past.view.status == "shipped"
    await application.rebuilder.start(ORDER_READ_MODEL)
    await application.rebuilder.step(ORDER_READ_MODEL, seconds=60)
    assert (await application.generations.read(ORDER_READ_MODEL)).live > 0


async def test_a_person_may_come_back(account: Account, blobs: FakeBlobs) -> None:
    application = await instance(account, blobs)
    await order(application)
    await application.eraser.erase("ada")
    await order(application, "2")
    assert not is_clear(await opened(account))
    assert is_clear(await opened(account, "order-2"))


async def test_a_process_that_still_has_the_key_writes_what_is_erased_too(
    account: Account, blobs: FakeBlobs
) -> None:
    """Until the erasure is done; it is not lost unseen, the progress says so."""
    stale, application = await instance(account, blobs), await instance(account, blobs)
    await order(stale)
    await application.eraser.erase("ada")
    await execute(stale, ORDER, "2", a_personal_order())
    assert not is_clear(await opened(account, "order-2"))


deaths = st.tuples(st.integers(1, MOST_WRITES), st.sampled_from(["before", "after"]))


@settings(max_examples=settings().max_examples // 2)
@given(st.lists(deaths, max_size=3))
def test_wherever_the_erasing_process_dies_a_rerun_finishes(
    dying: list[tuple[int, When]],
) -> None:
    async def die_and_rerun() -> None:
        blobs = FakeBlobs()
        async with open_account() as account:
            await order(await account.instance())
            for at, when in dying:
                death = Death(at, when)
                try:
                    doomed = await instance(account, blobs, partial(Dying, death=death))
                    await doomed.eraser.erase("ada")
                except Died:
                    assert is_clear(await opened(account)) or blobs.contents
            await (await instance(account, blobs)).eraser.erase("ada")
            assert not is_clear(await opened(account))
            assert len(blobs.contents) == 1

    asyncio.run(die_and_rerun())


@pytest.mark.parametrize("effect", ["drop_before", "drop_after", "throttle"])
@pytest.mark.parametrize("times", [1, 2])
async def test_lost_answers_do_not_undo_it(
    account: Account, blobs: FakeBlobs, effect: str, times: int
) -> None:
    application = await instance(account, blobs)
    await order(application)
    getattr(account.cosmos.faults, effect)(times=times)
    await application.eraser.erase("ada")
    assert not is_clear(await opened(account))
    assert len(blobs.contents) == 1


async def test_a_replay_erases_again_what_a_restore_brought_back(
    account: Account, blobs: FakeBlobs
) -> None:
    application = await instance(account, blobs)
    await order(application)
    (key,) = await account.documents("subject_keys")
    await application.eraser.erase("ada")
    keys = await account.container("subject_keys")
    await keys.upsert_item({name: key[name] for name in key if not name.startswith("_")})
    assert is_clear(await opened(account))
    restored = await instance(account, blobs)
    assert [again async for _, again in restored.eraser.replay()] == [True]
    assert not is_clear(await opened(account))

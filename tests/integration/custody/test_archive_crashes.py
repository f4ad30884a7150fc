"""The archive dies wherever it writes, again and again: nothing is lost, and the next run finishes."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.archive_run import Wanted
from custody.heads import HeadLists
from custody.verification import Verification
from domain.order import ORDER, CancelOrder
from domain.product import PRODUCT, ReceiveStock
from event_store import archiver
from event_store.archive import Archive
from event_store.blobs import Blobs
from event_store.chain import stored_fields
from privacy.key_ring import KeyRing
from projections.feed_reader import FeedReader
from tests.fakes.blobs import FakeBlobs
from tests.stack.archiving import WANTED, archive, instance, reconcile, stubs
from tests.stack.commanding import an_order, execute
from tests.stack.dying import Death, Died, Dying, When
from tests.stack.in_process import Account
from tests.stack.in_process import account as open_account
from tests.stack.streams import assert_sound

STREAMS = {"product-p": 9, "order-1": 2}
MOST_WRITES = 20


class DyingBlobs:
    """Blobs of a process with a death before it: its writes count with those to Cosmos DB."""

    def __init__(self, blobs: Blobs, death: Death) -> None:
        self._blobs = blobs
        self._death = death

    async def put(self, name: str, content: bytes) -> bool:
        if self._death.came:
            raise Died
        self._death.writes += 1
        if self._death.came and self._death.when == "before":
            raise Died
        put = await self._blobs.put(name, content)
        if self._death.came:
            raise Died
        return put

    async def read(self, name: str) -> bytes | None:
        if self._death.came:
            raise Died
        return await self._blobs.read(name)

    def names(self, prefix: str = "") -> AsyncIterator[str]:
        return self._blobs.names(prefix)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blobs of four events and batches of three, so that a run dies between any two of either."""
    monkeypatch.setattr(archiver, "EVENTS_PER_BLOB", 4)
    monkeypatch.setattr(archiver, "OPERATIONS_PER_BATCH", 3)


async def populate(account: Account) -> dict[str, list[dict[str, Any]]]:
    """Streams that are old and reconciled; their events as they are stored."""
    application = await account.instance()
    for _ in range(STREAMS["product-p"]):
        await execute(application, PRODUCT, "p", ReceiveStock(quantity=1))
    await execute(application, ORDER, "1", an_order())
    await execute(application, ORDER, "1", CancelOrder(reason="for no reason"))
    await reconcile(application)
    return {
        stream: [stored_fields(document) for document in await account.stream(stream)]
        for stream in STREAMS
    }


async def live(account: Account, death: Death) -> None:
    """A process that archives by the job, until it dies or is done."""
    transport = partial(Dying, death=death)
    try:
        application = await instance(account, transport, DyingBlobs(account.blobs, death))
        await application.archive_job.start(WANTED)
        await application.archive_job.step(seconds=60)
    except Died:
        return


async def assert_all_there(account: Account, before: dict[str, list[dict[str, Any]]]) -> None:
    """Every event can be read, once, whatever of it is in the archive by now."""
    application = await instance(account)
    for stream, events in before.items():
        found = await application.event_store.documents(stream, 1, 10**6)
        assert [stored_fields(document) for document in found] == events
        assert_sound(events)


async def assert_finished(account: Account) -> None:
    application = await instance(account)
    for stream, count in STREAMS.items():
        assert stubs(await account.stream(stream)) == list(range(1, count + 1))
    await reconcile(application)
    assert sum(step.archived.events for step in await archive(application)) == 0
    lists = HeadLists(FakeBlobs(), KeyRing(account.keys))
    reader: FeedReader = application.feed_reader
    verification = Verification(reader, Archive(account.blobs), lists)
    report = await verification.run(await verification.ranges(2))
    assert report.sound, report
    assert report.events == sum(STREAMS.values())


async def test_a_run_has_fewer_writes_than_are_died_at() -> None:
    async with open_account() as account:
        await populate(account)
        death = Death()
        await live(account, death)
        assert 12 <= death.writes <= MOST_WRITES
        await assert_finished(account)


deaths = st.lists(
    st.tuples(st.integers(1, MOST_WRITES), st.sampled_from(["before", "after"])),
    min_size=1,
    max_size=3,
)


@settings(max_examples=settings().max_examples // 2)
@given(deaths)
async def test_whenever_processes_die_nothing_is_lost_and_the_next_finishes(
    schedule: list[tuple[int, When]],
) -> None:
    async with open_account() as account:
        before = await populate(account)
        for at, when in schedule:
            await live(account, Death(at, when))
            await assert_all_there(account, before)
        await live(account, Death())
        await assert_all_there(account, before)
        await assert_finished(account)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_there_is_no_write_that_it_must_not_die_at(when: When) -> None:
    """Each of them, one after the other, on a run that begins where the last one died."""
    async with open_account() as account:
        before = await populate(account)
        for at in range(1, MOST_WRITES):
            await live(account, Death(at, when))
            await assert_all_there(account, before)
        await live(account, Death())
        await assert_finished(account)


async def test_two_that_archive_at_once_get_in_each_others_way_and_nothing_else() -> None:
    async with open_account() as account:
        before = await populate(account)
        one, other = await instance(account), await instance(account)
        old = await one.archive_run.old(Wanted(30))
        archived = await asyncio.gather(
            *(each.archiver.archive("product-p", old) for each in (one, other))
        )
        assert sum(each.events for each in archived) == STREAMS["product-p"]
        await reconcile(one)
        await live(account, Death())
        await assert_all_there(account, before)
        await assert_finished(account)

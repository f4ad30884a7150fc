"""The change feed, pulled: every event once, whatever the ranges, from positions that survive."""

import asyncio
import time
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.product import StockReceived
from event_store.chain import is_intact
from event_store.documents import Head
from projections.feed_reader import EPK_END, FeedReader, Position, edge, split
from projections.positions import Kept, Positions
from tests.fakes.counter import context
from tests.stack.in_process import Account
from tests.stack.in_process import account as open_account
from tests.stack.log import Log
from wiring import Application

type Seen = Counter[tuple[str, int]]


async def read(reader: FeedReader, position: Position) -> Seen:
    """What a range holds from a position on, and how often."""
    seen: Seen = Counter()
    async for page in reader.pages(position):
        seen.update((d["aggregateId"], d["version"]) for d in page.documents)
    return seen


def written(log: Log) -> Seen:
    return Counter((event.aggregate_id, event.version) for event in log.all())


@pytest.fixture
async def application(account: Account) -> Application:
    return await account.instance()


async def test_documents_come_as_they_were_stored(application: Application) -> None:
    await Log(application).receive("p", 1, 2)
    (position,) = await application.feed_reader.ranges()
    page = await application.feed_reader.page(position)
    assert all(is_intact(document) for document in page.documents)
    assert not [name for d in page.documents for name in d if name.startswith("_")]


async def test_the_end_is_a_page_without_documents_and_new_events_come_after_it(
    application: Application,
) -> None:
    log, reader = Log(application), application.feed_reader
    (position,) = await reader.ranges()
    empty = await reader.page(position)
    assert not empty.documents
    await log.receive("p", 1)
    for before in (position, empty.position):
        page = await reader.page(before)
        assert [d["version"] for d in page.documents] == [1]
    end = await reader.page(page.position)
    assert not end.documents
    await log.receive("p", 2)
    assert [d["version"] for d in (await reader.page(end.position)).documents] == [2]


async def test_a_page_holds_whole_transactions(application: Application) -> None:
    log, reader = Log(application), application.feed_reader
    for _ in range(3):
        await log.receive("p", 1, 1, 1, 1)
    (position,) = await reader.ranges()
    sizes = []
    while (page := await reader.page(position, most=5)).documents:
        sizes.append(len(page.documents))
        position = page.position
    assert sum(sizes) == 12
    assert all(size % 4 == 0 for size in sizes)


async def test_a_position_can_be_kept_and_taken_up_by_another_process(
    account: Account, application: Application
) -> None:
    log = Log(application)
    await log.receive("p", 1)
    (position,) = await application.feed_reader.ranges()
    page = await application.feed_reader.page(position)
    await application.positions.begin("me", [position])
    await application.positions.save("me", Kept("position-0000", page.position, 1, 0.5))
    await log.receive("q", 1)
    other = await account.instance()
    (kept,) = await other.positions.load("me")
    assert (kept.events, kept.share) == (1, 0.5)
    assert await read(other.feed_reader, kept.position) == Counter([("product-q", 1)])


@settings(max_examples=settings().max_examples // 4)
@given(
    st.lists(
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=12),
        min_size=1,
        max_size=60,
        unique=True,
    ),
    st.integers(1, 17),
)
async def test_split_ranges_hold_every_event_exactly_once(names: list[str], workers: int) -> None:
    async with open_account() as account:
        application = await account.instance()
        written: Seen = Counter()
        for name in names:
            event = StockReceived(product_id="p", quantity=1)
            await application.event_store.append(name, Head(), [event], context(name))
            written[name, 1] += 1
        reader = application.feed_reader
        ranges = await reader.ranges(workers)
        assert len(ranges) == workers
        seen: Seen = Counter()
        for position in ranges:
            seen.update(await read(reader, position))
        assert seen == written


@given(st.integers(0, EPK_END - 1), st.integers(0, EPK_END), st.integers(1, 64))
def test_parts_lie_side_by_side_and_cover_the_whole(one: int, other: int, parts: int) -> None:
    low, high = sorted((one, other))
    bounds = {
        "min": f"{low:032X}" if low else "",
        "max": f"{high:032X}" if high < EPK_END else "FF",
    }
    whole = {"Range": bounds | {"isMinInclusive": True, "isMaxInclusive": False}}
    ranges = [part["Range"] for part in split(whole, parts)]
    assert len(ranges) == parts
    assert (ranges[0]["min"], ranges[-1]["max"]) == (bounds["min"], bounds["max"])
    edges = [edge(part["min"], 0) for part in ranges] + [edge(bounds["max"], EPK_END)]
    assert edges == sorted(edges)
    assert all(one["max"] == other["min"] for one, other in pairwise(ranges))
    widths = [after - before for before, after in pairwise(edges)]
    assert max(widths) - min(widths) <= 1


@pytest.mark.parametrize(
    "unknown", [{"Other": "form"}, {"Range": {"min": "", "max": "FF", "isMaxInclusive": True}}]
)
def test_a_range_of_another_form_stays_whole(unknown: dict[str, object]) -> None:
    assert split(unknown, 4) == [unknown]


async def test_readers_side_by_side_on_one_client_do_not_take_each_others_positions(
    account: Account,
) -> None:
    log = Log(await account.instance())
    reader = FeedReader(await account.container("events"), page_size=3)
    for number in range(60):
        await log.receive(f"{number}", 1)
    everything = await asyncio.gather(*(read(reader, each) for each in await reader.ranges(8)))
    seen: Seen = Counter()
    for part in everything:
        seen.update(part)
    assert seen == written(log)


async def test_share_grows_to_the_whole(account: Account) -> None:
    log = Log(await account.instance())
    reader = FeedReader(await account.container("events"), page_size=10)
    for number in range(50):
        await log.receive(f"{number}", 1)
    (position,) = await reader.ranges()
    shares = [page.share async for page in reader.pages(position)]
    assert len(shares) == 5
    assert shares == sorted(shares)
    assert 0 < shares[0] < 0.5
    assert shares[-1] == 1.0


class Clock:
    """The account's time: it stands still until it is moved."""

    def __init__(self) -> None:
        self.now = time.time() - 100

    def __call__(self) -> float:
        return self.now


async def test_only_what_was_written_up_to_a_moment_is_read_although_newer_shares_its_page() -> (
    None
):
    clock = Clock()
    async with open_account(clock) as account:
        application = await account.instance()
        log, reader = Log(application), application.feed_reader
        for number in range(6):
            clock.now += 10
            await log.receive(f"{number}", 1, 2)
        (position,) = await reader.ranges()
        for old in range(7):
            until = clock.now - 10 * (6 - old) + 5
            pages = [page async for page in reader.pages(position, until)]
            seen = [d["aggregateId"] for page in pages for d in page.documents]
            assert Counter(seen) == Counter([f"product-{n}" for n in range(old)] * 2)
            if pages:
                rest = await read(reader, pages[-1].position)
                assert sum(rest.values()) == 12 - 2 * old


async def test_a_reader_has_all_of_its_ranges_or_none(account: Account) -> None:
    application = await account.instance()
    one, other = await application.feed_reader.ranges(3), await application.feed_reader.ranges(5)
    positions = application.positions
    assert await positions.load("me") == []
    begun = await asyncio.gather(positions.begin("me", one), positions.begin("me", other))
    assert begun[0] == begun[1]
    assert len(begun[0]) in (3, 5)
    assert await positions.load("me") == begun[0]
    assert await positions.load("another") == []


async def test_a_reader_that_is_forgotten_begins_anew(account: Account) -> None:
    application = await account.instance()
    positions: Positions = application.positions
    ranges = await application.feed_reader.ranges(3)
    first, *_ = await positions.begin("me", ranges)
    await positions.save("me", Kept(first.id, first.position, 7))
    await positions.forget("me")
    assert await positions.load("me") == []
    assert [kept.events for kept in await positions.begin("me", ranges)] == [0, 0, 0]


async def test_positions_are_never_read_stale(account: Account) -> None:
    application = await account.instance()
    ranges = await application.feed_reader.ranges(2)
    await application.positions.begin("me", ranges)
    account.cosmos.faults.stale_reads(transactions=5)
    other = await account.instance()
    assert len(await other.positions.load("me")) == 2

"""Reports on Cosmos DB: what a batch costs, more rows than one holds, crashes between batches."""

from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Final

import pytest

from projections.sales_report import SALES_REPORT
from tests.stack import sums
from tests.stack.dying import Death, Died, Dying, When
from tests.stack.in_process import Account
from tests.stack.log import Log, an_item, items_of
from tests.stack.projections import WIDE, Received, Slot
from tests.stack.transport import Overtaken

HALF_AS_MUCH: Final = 175


async def versions(account: Account) -> dict[str, int]:
    """How far each aggregate's entry is."""
    documents = await account.documents("sales_report")
    return {d["id"]: d["version"] for d in documents if "version" in d}


async def test_a_batch_costs_two_reads_and_one_write_per_shard(account: Account) -> None:
    application = await account.instance(SHARDS="1")
    log = Log(application)
    for number in range(20):
        await log.place(f"{number}", an_item(f"p{number % 3}"), customer=f"c{number % 4}")
    account.requests()
    await application.engine.catch_up(SALES_REPORT, log.all())
    assert account.requests_to("sales_report") == {"query": 2, "batch": 1}
    again = [*await log.ship("3"), *await log.cancel("4"), *await log.cancel("5")]
    account.requests()
    await application.engine.catch_up(SALES_REPORT, again)
    assert account.requests_to("sales_report") == {"query": 2, "batch": 1}
    assert await sums.stored(account, SALES_REPORT) == sums.expected(SALES_REPORT, log.streams)


async def test_what_moves_no_row_reads_none(account: Account) -> None:
    application = await account.instance()
    log = Log(application)
    await application.engine.catch_up(SALES_REPORT, await log.place("o"))
    account.requests()
    await application.engine.catch_up(SALES_REPORT, await log.ship("o"))
    assert account.requests_to("sales_report") == {"point_read": 1, "replace": 1}
    assert await versions(account) == {"order-o": 2}


async def test_rows_of_all_shards_add_up(account: Account) -> None:
    application = await account.instance(SHARDS="4")
    log = Log(application)
    for number in range(12):
        await log.place(f"{number}", an_item("p", 1, "0.10"))
    await application.engine.catch_up(SALES_REPORT, log.all())
    shards = {d["pk"] for d in await account.documents("sales_report")}
    assert shards == {"1|0", "1|1", "1|2", "1|3"}
    stored = await sums.stored(account, SALES_REPORT)
    day = log.all()[0].timestamp[:10]
    assert stored["day", day, day, "USD"]["revenue"] == Decimal("1.20")
    assert stored == sums.expected(SALES_REPORT, log.streams)


async def test_an_order_of_250_products_goes_in_three_batches(account: Account) -> None:
    application = await account.instance(SHARDS="1")
    log = Log(application)
    await log.place("o", *items_of(range(250)))
    account.requests()
    await application.engine.catch_up(SALES_REPORT, log.all())
    assert account.requests_to("sales_report")["batch"] == 3
    assert await sums.stored(account, SALES_REPORT) == sums.expected(SALES_REPORT, log.streams)


async def test_rows_that_an_aggregate_leaves_are_taken_back(account: Account) -> None:
    application = await account.instance(SHARDS="1")
    log = Log(application)
    for quantity in (350, 30, 50, 395):
        await application.engine.catch_up(WIDE, await log.receive("p", quantity))
        await application.engine.catch_up(WIDE, await log.receive("q", 1))
        assert await sums.stored(account, WIDE) == sums.expected(WIDE, log.streams)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("at", range(1, 6))
async def test_a_process_that_dies_at_any_batch_is_taken_on_from_there(
    account: Account, when: When, at: int
) -> None:
    log = Log(await account.instance(SHARDS="1"))
    first, more = await log.receive("p", 350, HALF_AS_MUCH)
    await log.receive("q", 20)
    death = Death(at, when)
    dying = await account.instance(partial(Dying, death=death), SHARDS="1")
    for events in ([first, *log.streams["product-q"]], [more]):
        with suppress(Died, ExceptionGroup):
            await dying.engine.catch_up(WIDE, events)
    assert death.came
    after = await account.instance(SHARDS="1")
    await after.engine.catch_up(WIDE, log.all())
    assert await sums.stored(account, WIDE) == sums.expected(WIDE, log.streams)
    assert await versions(account) == {"product-p": 2, "product-q": 1}


async def test_a_view_moves_on_only_with_the_last_of_its_rows(account: Account) -> None:
    log = Log(await account.instance(SHARDS="1"))
    (event,) = await log.receive("p", 350)
    dying = await account.instance(partial(Dying, death=Death(3, "after")), SHARDS="1")
    with pytest.raises(ExceptionGroup):
        await dying.engine.catch_up(WIDE, [event])
    assert await versions(account) == {"product-p": 0}
    stored = await sums.stored(account, WIDE)
    assert sum(row["pieces"] for row in stored.values()) == 3 * 99
    after = await account.instance(SHARDS="1")
    account.requests()
    await after.engine.catch_up(WIDE, [event])
    assert account.requests_to("sales_report")["batch"] == 1
    assert await versions(account) == {"product-p": 1}


@pytest.mark.parametrize("quantity", [1, 120])
async def test_a_batch_that_another_writer_overtook_is_added_up_anew(
    account: Account, quantity: int
) -> None:
    other = await account.instance(SHARDS="1")
    log = Log(other)
    await log.receive("p", 120, quantity)
    await log.receive("q", 130)
    overtaken = partial(Overtaken, others=lambda: other.engine.catch_up(WIDE, log.all()))
    application = await account.instance(overtaken, SHARDS="1")
    await application.engine.catch_up(WIDE, log.all()[:1])
    await application.engine.catch_up(WIDE, log.all())
    assert await sums.stored(account, WIDE) == sums.expected(WIDE, log.streams)


async def test_a_changed_function_of_rows_replaces_what_the_old_one_contributed(
    account: Account,
) -> None:
    application = await account.instance(SHARDS="1")
    log = Log(application)
    await application.engine.catch_up(WIDE, await log.receive("p", 10))
    changed = replace(WIDE, rows=lambda view: {Slot("all", ""): {"pieces": Decimal(view.total)}})
    await application.engine.catch_up(changed, await log.receive("p", 5))
    assert await sums.stored(account, WIDE) == {("all", ""): {"pieces": Decimal(15)}}


def awkward(view: Received) -> dict[Slot, dict[str, Decimal]]:
    """Rows whose texts no id could hold as they are, and that look alike when they are joined."""
    texts = [
        ("a|b", "c"),
        ("a", "b|c"),
        ("", "|"),
        ("|", ""),
        ("x/y?#\\", "é" * 900),
        ("product-p", ""),
    ]
    return {Slot(*pair): {"n": Decimal(number)} for number, pair in enumerate(texts, start=1)}


async def test_any_two_rows_are_two_rows_whatever_their_texts(account: Account) -> None:
    application = await account.instance(SHARDS="1")
    log = Log(application)
    report = replace(WIDE, rows=awkward)
    await application.engine.catch_up(report, await log.receive("p", 1))
    assert len(await sums.stored(account, report)) == 6
    assert await sums.stored(account, report) == sums.expected(report, log.streams)
    assert await application.dead_letters.parked(report.name, 1) == set()


async def test_figures_are_exact_however_large_and_small(account: Account) -> None:
    application = await account.instance(SHARDS="1")
    log = Log(application)
    figures = {"large": Decimal("9999999999999999.99"), "small": Decimal("0.01")}
    report = replace(WIDE, rows=lambda _: {Slot("all", ""): figures})
    for number in range(30):
        await application.engine.catch_up(report, await log.receive(f"{number}", 1))
    stored = await sums.stored(account, report)
    assert stored["all", ""] == {
        "large": Decimal("299999999999999999.70"),
        "small": Decimal("0.30"),
    }

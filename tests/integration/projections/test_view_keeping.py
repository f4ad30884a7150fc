"""Views on Cosmos DB: what a batch costs, lost races, large views, views that their type has outgrown."""

from functools import partial

import msgspec
import pytest

from domain.events import Recorded
from domain.product import PRODUCT, StockReceived
from projections.projection import View
from tests.stack.in_process import Account
from tests.stack.log import Log
from tests.stack.projections import RECEIVED, RECEIVED_BY_SHARD
from tests.stack.transport import Overtaken
from wiring import Application


async def kept(application: Application, product: str = "p") -> tuple[int, ...]:
    """The versions that were folded into a product's view."""
    return (await application.view_reader.read(RECEIVED, product)).view.versions


async def test_a_batch_costs_one_read_and_one_write_per_view(account: Account) -> None:
    application = await account.instance()
    log = Log(application)
    for number in range(20):
        await log.receive(str(number), *[1] * 5)
    account.requests()
    await application.engine.catch_up(RECEIVED, log.all())
    assert account.requests_to("product_read_model") == {"point_read": 20, "create": 20}
    await application.engine.catch_up(RECEIVED, await log.receive("7", 1, 1, 1))
    assert account.requests_to("product_read_model") == {"point_read": 1, "replace": 1}
    assert await kept(application, "7") == (1, 2, 3, 4, 5, 6, 7, 8)


async def test_a_batch_costs_one_request_besides_however_many_views_it_has(
    account: Account,
) -> None:
    application = await account.instance()
    log = Log(application)
    await application.engine.catch_up(RECEIVED, await log.receive("first", 1))
    batch = [event for number in range(20) for event in await log.receive(str(number), 1)]
    account.requests()
    await application.engine.catch_up(RECEIVED, batch)
    requests = account.cosmos.stats.snapshot()["containers"]
    assert set(requests) == {"product_read_model", "projection_state"}
    assert account.requests_to("projection_state") == {"point_read": 1}


@pytest.mark.parametrize(("views", "writes"), [(2, 1), (100, 1), (102, 2)])
async def test_views_of_a_shard_are_read_and_written_together(
    account: Account, views: int, writes: int
) -> None:
    application = await account.instance(SHARDS="1")
    log = Log(application)
    for number in range(views):
        await log.receive(str(number), 1, 2)
    account.requests()
    await application.engine.catch_up(RECEIVED_BY_SHARD, log.all())
    requests = account.requests_to("order_search")
    assert requests.pop("query") == 1
    assert sum(requests.values()) == writes
    again = [event for number in range(views) for event in await log.receive(str(number), 3)]
    account.requests()
    await application.engine.catch_up(RECEIVED_BY_SHARD, again)
    assert account.requests_to("order_search") == {"query": 1, "batch": writes}
    documents = await account.documents("order_search")
    assert len(documents) == views
    assert {(d["version"], d["view"]["total"]) for d in documents} == {(3, 6)}


async def test_a_repeat_writes_nothing(account: Account) -> None:
    application = await account.instance(SHARDS="1")
    log = Log(application)
    events = [*await log.receive("p", 1, 2, 3), *await log.receive("q", 1)]
    await application.engine.catch_up(RECEIVED_BY_SHARD, events)
    account.requests()
    await application.engine.catch_up(RECEIVED_BY_SHARD, reversed(events[1:]))
    assert account.requests_to("order_search") == {"query": 1}


class Padded(msgspec.Struct, frozen=True):
    text: str


def padded(view: Padded | None, recorded: Recorded[StockReceived]) -> Padded:
    """As many thousand characters as pieces were received."""
    return Padded("x" * 1000 * recorded.data.quantity)


PADDED: View[Padded] = View(
    name="padded",
    container="order_search",
    group="g",
    follows=(PRODUCT,),
    shape=Padded,
    evolve=padded,
    sharded=True,
)


async def test_views_that_are_too_large_for_one_batch_go_in_several(account: Account) -> None:
    application = await account.instance(SHARDS="1")
    log = Log(application)
    for number in range(5):
        await log.receive(str(number), 600)
    account.requests()
    await application.engine.catch_up(PADDED, log.all())
    assert account.requests_to("order_search") == {"query": 1, "batch": 2, "create": 1}
    assert await application.dead_letters.parked(PADDED.name, 1) == set()


async def test_one_that_was_written_meanwhile_is_read_and_folded_again(account: Account) -> None:
    other = await account.instance()
    log = Log(other)
    events = await log.receive("p", 1, 2, 3)
    overtaken = partial(Overtaken, others=lambda: other.engine.catch_up(RECEIVED, events[:2]))
    application = await account.instance(overtaken)
    account.requests()
    await application.engine.catch_up(RECEIVED, events)
    assert account.requests_to("product_read_model") == {"point_read": 3, "create": 2, "replace": 1}
    assert await kept(application) == (1, 2, 3)


async def test_a_writer_that_was_further_is_not_undone(account: Account) -> None:
    other = await account.instance(SHARDS="1")
    log = Log(other)
    events = [*await log.receive("p", 1, 2, 3), *await log.receive("q", 1)]
    await other.engine.catch_up(RECEIVED_BY_SHARD, events[:1])
    overtaken = partial(Overtaken, others=lambda: other.engine.catch_up(RECEIVED_BY_SHARD, events))
    application = await account.instance(overtaken, SHARDS="1")
    await application.engine.catch_up(RECEIVED_BY_SHARD, [events[1], events[3]])
    versions = {d["id"]: d["version"] for d in await account.documents("order_search")}
    assert versions == {"product-p": 3, "product-q": 1}


async def test_one_that_was_deleted_meanwhile_is_folded_from_the_beginning(
    account: Account,
) -> None:
    application = await account.instance()
    log = Log(application)
    events = await log.receive("p", 1, 2, 3)
    await application.engine.catch_up(RECEIVED, events[:1])

    async def delete() -> None:
        container = await account.container("product_read_model")
        await container.delete_item("product-p", "1|product-p")

    late = await account.instance(partial(Overtaken, others=delete))
    await late.engine.catch_up(RECEIVED, events[1:2])
    assert await kept(application) == (1, 2, 3)


class Changed(msgspec.Struct, frozen=True):
    """What Received has become: another field, which old documents lack."""

    versions: tuple[int, ...]
    total: int
    receipts: int


def changed(view: Changed | None, recorded: Recorded[StockReceived]) -> Changed:
    before = view or Changed((), 0, 0)
    quantity = recorded.data.quantity
    versions = (*before.versions, recorded.version)
    return Changed(versions, before.total + quantity, before.receipts + 1)


CHANGED: View[Changed] = View(
    name=RECEIVED.name,
    container=RECEIVED.container,
    group=RECEIVED.group,
    follows=RECEIVED.follows,
    shape=Changed,
    evolve=changed,
)


@pytest.mark.parametrize("delivered", [(1,), (1, 2, 3), (4,), (2,)])
async def test_one_that_its_type_has_outgrown_is_folded_anew_and_never_goes_back(
    account: Account, delivered: tuple[int, ...]
) -> None:
    application = await account.instance()
    events = await Log(application).receive("p", 10, 20, 30, 40)
    await application.engine.catch_up(RECEIVED, events)
    await application.engine.catch_up(CHANGED, [events[version - 1] for version in delivered])
    ((document,),) = (await account.documents("product_read_model"),)
    assert document["version"] == 4
    assert document["view"] == {"versions": [1, 2, 3, 4], "total": 100, "receipts": 4}


async def test_one_that_its_type_has_outgrown_is_read_from_the_log_until_it_is_folded_anew(
    account: Account,
) -> None:
    application = await account.instance()
    events = await Log(application).receive("p", 10, 20)
    await application.engine.catch_up(RECEIVED, events)
    answer = await application.view_reader.read(CHANGED, "p")
    assert (answer.view, answer.version, answer.source) == (Changed((1, 2), 30, 2), 2, "event-log")

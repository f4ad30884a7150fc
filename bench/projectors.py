"""Events per second of each projection, beside the plain way on the same local Cosmos DB over HTTP."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

import msgspec
from azure.cosmos.aio import ContainerProxy, CosmosClient

from bench import event_batches
from bench.event_batches import Batch
from bench.figures import Aim, Effort, Figure, at_least
from bench.histories import CODEC
from bench.measuring import alternately
from bench.plain_projector import PlainJournal, PlainProjector, PlainView
from bench.stack import local_stack
from domain.events import Recorded
from event_store.documents import parse
from local.cosmos import Cosmos
from ops.in_process import disconnected_application, in_process_cosmos
from ops.resources import DATABASE
from projections.audit_log import AUDIT_LOG
from projections.order_read_model import ORDER_READ_MODEL
from projections.order_search import ORDER_SEARCH
from projections.product_read_model import PRODUCT_READ_MODEL
from projections.projection import Journal, Projection, View
from projections.sales_report import SALES_REPORT

type Project = Callable[[Batch], Awaitable[None]]


class Contest(msgspec.Struct, frozen=True):
    """A projection, what it is fed with, and the plain way that it is held against."""

    projection: Projection
    batches: Callable[[], Iterator[Batch]]
    reads: bool = True
    aims: tuple[Aim, ...] = (at_least(5),)

    @property
    def beside(self) -> str:
        each = "a read and an upsert" if self.reads else "an upsert"
        return f"the plain way, {each} per event"


CONTESTS: Final = (
    Contest(ORDER_READ_MODEL, event_batches.order_batches),
    Contest(ORDER_SEARCH, event_batches.order_batches),
    Contest(PRODUCT_READ_MODEL, event_batches.product_batches),
    Contest(SALES_REPORT, event_batches.order_batches),
    Contest(AUDIT_LOG, event_batches.order_batches),
    Contest(AUDIT_LOG, event_batches.order_batches, reads=False, aims=()),
)


async def run(effort: Effort) -> list[Figure]:
    """Batches of 100 events of 20 aggregates; in turns, the best round of each."""
    rounds = 1 + effort.of(20, 5)
    rates, requests = [], []
    for contest in CONTESTS:
        batches = list(islice(contest.batches(), rounds))
        async with local_stack(functions=False) as stack, stack.client() as client:
            rates.append(await _rates(contest, client, batches))
        async with in_process_cosmos() as (cosmos, client):
            requests.append(await _requests(contest, client, cosmos))
    return [*rates, *requests]


async def _rates(contest: Contest, client: CosmosClient, batches: Sequence[Batch]) -> Figure:
    ours, plain = _ours(contest, client), _plain(contest, client)
    taken, taken_plainly = await alternately(
        len(batches),
        lambda number: ours(batches[number]),
        lambda number: plain(batches[number]),
    )
    events, streams = event_batches.EVENTS, event_batches.STREAMS
    return Figure(
        what=f"{contest.projection.name}, {events} events of {streams} aggregates",
        value=events / min(taken),
        unit="events/s",
        beside=contest.beside,
        beside_value=events / min(taken_plainly),
        aims=contest.aims,
    )


async def _requests(contest: Contest, client: CosmosClient, cosmos: Cosmos) -> Figure:
    """Of the second batch: with the first one go the containers' properties, and what is parked."""
    batches, counts = contest.batches(), []
    for project in (_ours(contest, client), _plain(contest, client)):
        await project(next(batches))
        cosmos.stats.reset()
        await project(next(batches))
        counts.append(sum(cosmos.stats.snapshot()["requests"].values()))
    return Figure(
        what=f"{contest.projection.name}, requests for such a batch",
        value=counts[0],
        unit="requests",
        beside=contest.beside,
        beside_value=counts[1],
    )


def _ours(contest: Contest, client: CosmosClient) -> Project:
    application = disconnected_application()
    application.cosmos = client

    async def project(batch: Batch) -> None:
        await application.engine.catch_up(contest.projection, _events(batch))

    return project


def _plain(contest: Contest, client: CosmosClient) -> Project:
    database = client.get_database_client(DATABASE)
    container = database.get_container_client(contest.projection.container)
    projector = _plain_projector(contest, container)

    async def project(batch: Batch) -> None:
        for event in _events(batch):
            await projector.project(event)

    return project


def _plain_projector(contest: Contest, container: ContainerProxy) -> PlainProjector:
    match contest.projection:
        case View() as view:
            return PlainView(container, view)
        case Journal() as journal:
            return PlainJournal(container, journal, looks=contest.reads)
        case other:
            raise TypeError(f"{other.name} is of no kind that is kept")


def _events(batch: Batch) -> list[Recorded[Any]]:
    return [CODEC.decode(parse(body)) for body in batch]

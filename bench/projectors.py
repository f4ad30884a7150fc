"""Events per second of each projection, beside the plain way on the same local Cosmos DB over HTTP."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

from azure.cosmos.aio import ContainerProxy, CosmosClient

from bench import event_batches
from bench.event_batches import Batch
from bench.figures import Effort, Figure, at_least
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

CONTESTS: Final = (
    (ORDER_READ_MODEL, event_batches.order_batches),
    (ORDER_SEARCH, event_batches.order_batches),
    (PRODUCT_READ_MODEL, event_batches.product_batches),
    (SALES_REPORT, event_batches.order_batches),
    (AUDIT_LOG, event_batches.order_batches),
)


async def run(effort: Effort) -> list[Figure]:
    """Batches of 100 events of 20 aggregates; in turns, the best round of each."""
    rounds = 1 + effort.of(20, 5)
    async with local_stack(functions=False) as stack, stack.client() as client:
        rates = [
            await _rates(projection, client, list(islice(batches(), rounds)))
            for projection, batches in CONTESTS
        ]
    async with in_process_cosmos() as (cosmos, client):
        requests = [
            await _requests(projection, client, cosmos, batches())
            for projection, batches in CONTESTS
        ]
    return [figure for pair in zip(rates, requests, strict=True) for figure in pair]


async def _rates(projection: Projection, client: CosmosClient, batches: Sequence[Batch]) -> Figure:
    ours, plain = _ours(projection, client), _plain(projection, client)
    taken, taken_plainly = await alternately(
        len(batches),
        lambda number: ours(batches[number]),
        lambda number: plain(batches[number]),
    )
    return Figure(
        what=f"{projection.name}, {event_batches.EVENTS} events of {event_batches.STREAMS} aggregates",
        value=event_batches.EVENTS / min(taken),
        unit="events/s",
        beside=_plain_way(projection),
        beside_value=event_batches.EVENTS / min(taken_plainly),
        aims=(at_least(5),),
    )


async def _requests(
    projection: Projection, client: CosmosClient, cosmos: Cosmos, batches: Iterator[Batch]
) -> Figure:
    """Of the second batch: the first one reads the containers' properties, and what is parked."""
    counts = []
    for project in (_ours(projection, client), _plain(projection, client)):
        await project(next(batches))
        cosmos.stats.reset()
        await project(next(batches))
        counts.append(sum(cosmos.stats.snapshot()["requests"].values()))
    return Figure(
        what=f"{projection.name}, requests for such a batch",
        value=counts[0],
        unit="requests",
        beside=_plain_way(projection),
        beside_value=counts[1],
    )


def _ours(projection: Projection, client: CosmosClient) -> Project:
    application = disconnected_application()
    application.cosmos = client

    async def project(batch: Batch) -> None:
        await application.engine.catch_up(projection, _events(batch))

    return project


def _plain(projection: Projection, client: CosmosClient) -> Project:
    database = client.get_database_client(DATABASE)
    projector = _plain_projector(projection, database.get_container_client(projection.container))

    async def project(batch: Batch) -> None:
        for event in _events(batch):
            await projector.project(event)

    return project


def _plain_projector(projection: Projection, container: ContainerProxy) -> PlainProjector:
    match projection:
        case View():
            return PlainView(container, projection)
        case Journal():
            return PlainJournal(container, projection)
        case _:
            raise TypeError(f"{projection.name} is of no kind that is kept")


def _plain_way(projection: Projection) -> str:
    each = "an upsert" if isinstance(projection, Journal) else "a read and an upsert"
    return f"the plain way, {each} per event"


def _events(batch: Batch) -> list[Recorded[Any]]:
    return [CODEC.decode(parse(body)) for body in batch]

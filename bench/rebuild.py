"""A rebuild of 100,000 events by number of workers, beside a plain read of the same feed."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from typing import Any, Final

from azure.core.pipeline.transport import AioHttpTransport, AsyncHttpResponse, HttpRequest
from azure.cosmos.aio import CosmosClient

from bench.event_batches import EVENTS_EACH, order_history
from bench.figures import Effort, Figure
from bench.stack import local_stack
from local import provision
from local.cosmos import EMULATOR_KEY, Cosmos, InProcessTransport
from ops.in_process import ADDRESS, disconnected_application
from ops.resources import DATABASE
from projections.feed_reader import PAGE
from projections.order_search import ORDER_SEARCH
from wiring import EVENTS

WORKERS: Final = (1, 2, 4)
STEP_SECONDS: Final = 600.0
"""More than a rebuild takes: it is one step."""
DISTANCE: Final = 0.01
"""Seconds that a request takes longer to a database which is not on this machine, and takes no core of it."""


class DistantTransport(AioHttpTransport):  # type: ignore[misc]  # azure-core loads it lazily, untyped
    """HTTP to a server that is DISTANCE away."""

    async def send(self, request: HttpRequest, **options: Any) -> AsyncHttpResponse:
        await asyncio.sleep(DISTANCE)
        answer: AsyncHttpResponse = await super().send(request, **options)
        return answer


async def run(effort: Effort) -> list[Figure]:
    """Each in a database of its own over HTTP: on this machine, where server and rebuild have two cores
    between them, and with a fifth of the events as if it were at a distance."""
    near, far = effort.of(100_000, 10_000), effort.of(20_000, 4_000)
    with TemporaryDirectory(prefix="bench-") as folder:
        log, short_log = Path(folder, "log"), Path(folder, "short-log")
        await _seed(log, near // EVENTS_EACH)
        await _seed(short_log, far // EVENTS_EACH)
        read = near / await _reading(log)
        rates = [near / await _rebuilding(log, n, AioHttpTransport) for n in WORKERS]
        far_rates = [far / await _rebuilding(short_log, n, DistantTransport) for n in WORKERS]
    what = f"rebuild of {ORDER_SEARCH.name}"
    return [
        _figure(f"{what}, {near:,} events, one worker", rates[0], "reading the feed", read),
        *_scaling(f"{what}, {near:,} events", rates),
        *_scaling(f"{what}, {1000 * DISTANCE:.0f} ms away, {far:,} events", far_rates),
    ]


def _scaling(what: str, rates: Sequence[float]) -> list[Figure]:
    """Several workers beside one."""
    alone, *several = zip(WORKERS, rates, strict=True)
    return [
        _figure(f"{what}, {workers} workers", rate, "one worker", alone[1])
        for workers, rate in several
    ]


def _figure(what: str, value: float, beside: str, beside_value: float) -> Figure:
    return Figure(what=what, value=value, unit="events/s", beside=beside, beside_value=beside_value)


async def _seed(folder: Path, orders: int) -> None:
    """Writes the log of so many orders of five events each."""
    with closing(Cosmos(folder)) as cosmos:
        transport = InProcessTransport(cosmos)
        async with CosmosClient(ADDRESS, EMULATOR_KEY, transport=transport) as client:
            await provision.create_containers(client, provision.load())
            events = client.get_database_client(DATABASE).get_container_client(EVENTS)
            for number in range(orders):
                documents = list(order_history(number))
                creates: list[Any] = [("create", (document,), {}) for document in documents]
                await events.execute_item_batch(creates, documents[0]["aggregateId"])


async def _reading(log: Path) -> float:
    """Seconds for the whole feed, in pages as a rebuild reads them, one after another."""
    async with _served(log) as client:
        events = client.get_database_client(DATABASE).get_container_client(EVENTS)
        begun = time.perf_counter()
        feed = events.query_items_change_feed(start_time="Beginning", max_item_count=PAGE)
        async for _ in feed:
            pass
        return time.perf_counter() - begun


async def _rebuilding(log: Path, workers: int, transport: type[AioHttpTransport]) -> float:
    """Seconds from the start to the flip."""
    async with _served(log, transport) as client:
        application = disconnected_application()
        application.cosmos = client
        begun = time.perf_counter()
        state = await application.rebuilder.start(ORDER_SEARCH, workers)
        while state.phase == "running":
            state = await application.rebuilder.step(ORDER_SEARCH, STEP_SECONDS) or state
        return time.perf_counter() - begun


@asynccontextmanager
async def _served(
    log: Path, transport: type[AioHttpTransport] = AioHttpTransport
) -> AsyncIterator[CosmosClient]:
    """A client of a server in a process of its own over a copy of a log."""
    with TemporaryDirectory(prefix="bench-") as folder:
        copytree(log, folder, dirs_exist_ok=True)
        async with (
            local_stack(Path(folder), functions=False) as stack,
            CosmosClient(stack.cosmos, EMULATOR_KEY, transport=transport()) as client,
        ):
            yield client

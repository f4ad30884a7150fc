"""Throughput of the local Cosmos DB over HTTP, beside the SDK's ceiling."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from itertools import count
from tempfile import TemporaryDirectory
from typing import Any, Final

from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy, CosmosClient

from bench.figures import Effort, Figure
from bench.measuring import rate
from bench.processes import running
from bench.zero_work import ZeroWorkTransport
from local.cosmos import EMULATOR_KEY, Cosmos

AT_ONCE: Final = 16
ROUNDS: Final = 3


async def run(effort: Effort) -> list[Figure]:
    """Creates and point reads of a document of about 1 KB, 16 at once; the best round of each."""
    times = effort.of(2000, 400)
    async with _over_http() as container:
        served = await _rates(container, times)
    with closing(Cosmos()) as cosmos:
        transport = ZeroWorkTransport(cosmos)
        async with CosmosClient("http://127.0.0.1/", EMULATOR_KEY, transport=transport) as client:
            ceiling = await _rates(await _container(client), times)
    return [
        Figure(
            what=f"local Cosmos DB, {what}",
            value=served[what],
            unit="requests/s",
            beside="the SDK over a transport without work",
            beside_value=ceiling[what],
        )
        for what in served
    ]


@asynccontextmanager
async def _over_http() -> AsyncIterator[ContainerProxy]:
    with TemporaryDirectory(prefix="bench-") as data:
        arguments = ("-m", "local.cosmos", "--port", "0", "--data", data)
        says = [r"AccountEndpoint=(?P<endpoint>http[^;]+)"]
        async with (
            running(*arguments, says=says) as found,
            CosmosClient(found["endpoint"], EMULATOR_KEY) as client,
        ):
            yield await _container(client)


async def _container(client: CosmosClient) -> ContainerProxy:
    database = await client.create_database("bench")
    return await database.create_container("documents", PartitionKey("/pk"))


async def _rates(container: ContainerProxy, times: int) -> dict[str, float]:
    numbers = count()

    async def create() -> None:
        await container.create_item(_document(next(numbers)))

    async def read() -> None:
        await container.read_item("0", "0")

    await create()
    return {"creates": await _best(create, times), "point reads": await _best(read, times)}


async def _best(work: Callable[[], Awaitable[None]], times: int) -> float:
    return max([await rate([work] * times, AT_ONCE) for _ in range(ROUNDS)])


def _document(number: int) -> dict[str, Any]:
    return {"id": str(number), "pk": str(number % 100), "text": "x" * 900}

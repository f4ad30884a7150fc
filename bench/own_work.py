"""What a command costs without the SDK's call: parse, decide, fold, serialize, answer, on one core."""

import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NoReturn

import azure.functions as func
import msgspec
from azure.cosmos.exceptions import CosmosResourceNotFoundError

from bench.figures import Aim, Effort, Figure, at_least
from bench.popo_application import Shop
from domain.registry import AGGREGATES
from event_store.snapshots import CosmosSnapshotStore, Snapshotter
from event_store.store import CosmosEventStore
from event_store.subject_keys import CosmosSubjectKeys
from functions import commands
from ops.in_process import disconnected_application

ROUNDS: Final = 5
PRODUCTS: Final = 10
CACHED: Final = {"AGGREGATE_CACHE_MAXSIZE": "10000", "AGGREGATE_CACHE_FASTFORWARD": "no"}
"""The library's fastest way for one process: it need not replay what it has just stored."""

type Handler = Callable[[func.HttpRequest], Awaitable[func.HttpResponse]]


class Asked(msgspec.Struct, frozen=True):
    """A command as a caller sends it."""

    of: str
    verb: str
    identity: str
    body: bytes


class UnexpectedAnswer(Exception):
    """A command that was refused."""


class DiscardingContainer:
    """Cosmos DB without latency: it takes what it is given, has nothing, and answers at once."""

    async def execute_item_batch(self, batch: list[Any], partition_key: str) -> None:
        pass

    async def create_item(self, body: dict[str, Any]) -> dict[str, Any]:
        return body | {"_etag": "1"}

    async def upsert_item(self, body: dict[str, Any]) -> None:
        pass

    async def read_item(self, item: str, partition_key: str) -> NoReturn:
        raise CosmosResourceNotFoundError

    async def query_items(self, **_: Any) -> AsyncIterator[dict[str, Any]]:
        nothing: list[dict[str, Any]] = []
        for document in nothing:
            yield document


async def run(effort: Effort) -> list[Figure]:
    """Orders from placing to delivery with the stock that they take, round by round, the best of each."""
    asked = list(_asked(effort.of(1000, 200)))
    ours, plain, cached = [], [], []
    for _ in range(ROUNDS):
        ours.append(len(asked) / await _ours(asked))
        plain.append(len(asked) / _theirs(asked, {}))
        cached.append(len(asked) / _theirs(asked, CACHED))
    return [
        _figure(
            max(ours), "eventsourcing 9.5, POPO", max(plain), at_least(10_000, "value"), at_least(3)
        ),
        _figure(max(ours), "the same with its cache of aggregates", max(cached)),
    ]


def _figure(ours: float, beside: str, theirs: float, *aims: Aim) -> Figure:
    return Figure(
        what="commands on one core",
        value=ours,
        unit="commands/s",
        beside=beside,
        beside_value=theirs,
        aims=aims,
    )


def _asked(orders: int) -> Iterator[Asked]:
    """Products with long histories, orders with short ones: five commands an order."""
    for number in range(PRODUCTS):
        yield _command("product", "receive", f"prod_{number}", {"quantity": 1_000_000})
    for number in range(orders):
        order, product = f"order_{number}", f"prod_{number % PRODUCTS}"
        items = [{"productId": product, "quantity": 2, "price": 29.99}]
        placed = {"orderId": order, "customerId": "cust_123", "items": items, "currency": "USD"}
        yield _command("order", "place", order, placed)
        yield _command("product", "reserve", product, {"orderId": order, "quantity": 2})
        yield _command("order", "ship", order, {"trackingNumber": "1Z999AA1", "carrier": "UPS"})
        yield _command("product", "ship", product, {"orderId": order})
        yield _command("order", "deliver", order, {"signedBy": "J. Doe"})


def _command(of: str, verb: str, identity: str, body: dict[str, Any]) -> Asked:
    return Asked(of, verb, identity, json.dumps(body).encode())


async def _ours(asked: Sequence[Asked]) -> float:
    """Processor seconds for commands, through the functions that the Functions worker calls."""
    handlers = _handlers()
    requests = [(handlers[f"{one.verb}_{one.of}"], _request(one)) for one in asked]
    begun = time.thread_time()
    for handler, request in requests:
        response = await handler(request)
        if response.status_code >= 300:
            raise UnexpectedAnswer(response.get_body().decode())
    return time.thread_time() - begun


def _handlers() -> dict[str | None, Handler]:
    application = disconnected_application()
    container: Any = DiscardingContainer()
    application.subject_keys = CosmosSubjectKeys(container)
    codec = application.codec
    application.event_store = CosmosEventStore(
        container, codec, application.sealer, lambda: datetime.now(UTC), application.archive
    )
    application.snapshotter = Snapshotter(CosmosSnapshotStore(container), {})
    app = func.FunctionApp()
    app.register_functions(commands.blueprint(application, AGGREGATES))
    return {f.get_function_name(): f.get_user_function() for f in app.get_functions()}


def _request(asked: Asked) -> func.HttpRequest:
    collection, id_field = f"{asked.of}s", f"{asked.of}Id"
    creates = asked.verb == "place"
    path = collection if creates else f"{collection}/{asked.identity}/{asked.verb}"
    return func.HttpRequest(
        "POST",
        f"http://127.0.0.1:7071/api/{path}",
        headers={"content-type": "application/json"},
        route_params={} if creates else {id_field: asked.identity},
        body=asked.body,
    )


def _theirs(asked: Sequence[Asked], environment: Mapping[str, str]) -> float:
    """Processor seconds for the same commands as an application of `eventsourcing` takes them."""
    shop = Shop(env=environment)
    begun = time.thread_time()
    for one in asked:
        shop.handle(one.of, one.verb, one.identity, one.body)
    return time.thread_time() - begun

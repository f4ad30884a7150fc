"""What a command costs without the SDK's call: parse, decide, fold, serialize, answer, on one core."""

import json
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import azure.functions as func

from bench.figures import Effort, Figure, at_least
from bench.popo_orders import PopoOrders
from domain.registry import AGGREGATES
from event_store.snapshots import CosmosSnapshotStore, Snapshotter
from event_store.store import CosmosEventStore
from functions import commands
from ops.in_process import disconnected_application

ROUNDS: Final = 5
PLACE: Final = {
    "customerId": "cust_123",
    "items": [
        {"productId": "prod_001", "quantity": 2, "price": 29.99},
        {"productId": "prod_002", "quantity": 1, "price": 5},
    ],
    "currency": "USD",
}
SHIP: Final = {"trackingNumber": "1Z999AA10123456784", "carrier": "UPS"}
DELIVER: Final = {"signedBy": "J. Doe"}

type Handler = Callable[[func.HttpRequest], Awaitable[func.HttpResponse]]


class KeepingContainer:
    """Cosmos DB without latency: it keeps what it is given and answers at once."""

    def __init__(self) -> None:
        self.batches: list[Any] = []

    async def execute_item_batch(self, batch: list[Any], partition_key: str) -> None:
        self.batches.append(batch)


async def run(effort: Effort) -> list[Figure]:
    """Orders that are placed, shipped and delivered: ours beside `eventsourcing`, round by round."""
    orders = effort.of(2000, 300)
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(3 * orders / await _ours(orders))
        theirs.append(3 * orders / _theirs(orders))
    return [
        Figure(
            what="commands on one core, ours without the SDK's call",
            value=max(ours),
            unit="commands/s",
            beside="eventsourcing 9.5, POPO, aggregates cached",
            beside_value=max(theirs),
            aims=(at_least(10_000, of="value"), at_least(3)),
        )
    ]


async def _ours(orders: int) -> float:
    """Seconds for the commands of so many orders, through the functions that the host calls."""
    handlers = _handlers()
    requests = list(_requests(orders))
    begun = time.perf_counter()
    for name, request in requests:
        response = await handlers[name](request)
        assert response.status_code < 300, response.get_body()
    return time.perf_counter() - begun


def _handlers() -> dict[str, Handler]:
    application = disconnected_application()
    container: Any = KeepingContainer()
    application.event_store = CosmosEventStore(
        container, application.codec, lambda: datetime.now(UTC)
    )
    application.snapshotter = Snapshotter(CosmosSnapshotStore(container), {})
    app = func.FunctionApp()
    app.register_functions(commands.blueprint(application, AGGREGATES))
    return {f.get_function_name(): f.get_user_function() for f in app.get_functions()}


def _requests(orders: int) -> Iterator[tuple[str, func.HttpRequest]]:
    for number in range(orders):
        identity = f"order_{number}"
        yield "place_order", _request("orders", {"orderId": identity, **PLACE})
        yield "ship_order", _request(f"orders/{identity}/ship", SHIP, orderId=identity)
        yield "deliver_order", _request(f"orders/{identity}/deliver", DELIVER, orderId=identity)


def _request(path: str, body: dict[str, Any], **route: str) -> func.HttpRequest:
    return func.HttpRequest(
        "POST",
        f"http://127.0.0.1:7071/api/{path}",
        headers={"content-type": "application/json"},
        route_params=route,
        body=json.dumps(body).encode(),
    )


def _theirs(orders: int) -> float:
    """Seconds for the same commands as an application of `eventsourcing` in memory takes them."""
    application = PopoOrders(env=PopoOrders.CACHED)
    bodies: Sequence[tuple[bytes, bytes, bytes]] = [
        tuple(json.dumps(body).encode() for body in (PLACE, SHIP, DELIVER)) for _ in range(orders)
    ]
    begun = time.perf_counter()
    for place, ship, deliver in bodies:
        order_id = json.loads(application.place(place))["orderId"]
        application.ship(order_id, ship)
        application.deliver(order_id, deliver)
    return time.perf_counter() - begun

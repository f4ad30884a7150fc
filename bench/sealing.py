"""What sealing and the hash chain cost a command: beside the same command with neither of them."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final
from uuid import uuid4

from azure.cosmos.aio import CosmosClient

from bench.commanding import ITEMS
from bench.figures import Aim, Effort, Figure, at_most
from bench.measuring import alternately, percentile
from bench.stack import local_stack
from domain.events import Context, Event
from domain.order import ORDER, Contact, Payment, PlaceOrder
from event_store.documents import Head
from event_store.store import CosmosEventStore
from functions.commands import command_hash
from ops.in_process import disconnected_application
from ops.resources import DATABASE
from wiring import EVENTS, Application

type Work = Callable[[int], Awaitable[None]]

PERSONAL: Final = PlaceOrder(
    customer_id="cust_123",
    items=ITEMS,
    shipping_address="1 Main Street, Springfield",
    contact=Contact("Ada Lovelace", "ada@example.com", "+44 20 7946 0000"),
    payment=Payment("4111 1111 1111 1111"),
)
"""Five sensitive values; the caller's address is the sixth."""
IMPERSONAL: Final = PlaceOrder(customer_id="cust_123", items=ITEMS)


class BareStore(CosmosEventStore):
    """Stores events in clear, each for itself."""

    async def _guarded(
        self,
        plain: Sequence[dict[str, Any]],
        events: Sequence[Event],
        head: Head,
        subject: str | None,
    ) -> list[dict[str, Any]]:
        return [document | {"previousHash": None, "hash": "0" * 64} for document in plain]


async def run(effort: Effort) -> list[Figure]:
    """Commands in turns, each creating an order of its own with one request over loopback; a tenth warms up.

    Placing an order is what has the most personal data of all commands.
    """
    rounds = effort.of(1500, 300)
    async with local_stack(functions=False) as stack, stack.client() as client:
        guarded, bare = _application(client), _bare(client)
        taken = await alternately(
            rounds,
            _placing(guarded, PERSONAL, "203.0.113.7"),
            _placing(bare, PERSONAL, "203.0.113.7"),
            _placing(guarded, IMPERSONAL, None),
            _placing(bare, IMPERSONAL, None),
        )
    return [
        _figure("six sealed values and the chain", taken[0], taken[1], at_most(1.15)),
        _figure("the chain alone", taken[2], taken[3], at_most(1.15)),
    ]


def _figure(what: str, with_it: list[float], without: list[float], *aims: Aim) -> Figure:
    warm = len(with_it) // 10
    return Figure(
        what=f"a command with {what}, p50",
        value=1000 * percentile(with_it[warm:], 0.5),
        unit="ms",
        beside="the same without",
        beside_value=1000 * percentile(without[warm:], 0.5),
        aims=aims,
    )


def _application(client: CosmosClient) -> Application:
    application = disconnected_application()
    application.cosmos = client
    return application


def _bare(client: CosmosClient) -> Application:
    application = _application(client)
    application.event_store = BareStore(
        client.get_database_client(DATABASE).get_container_client(EVENTS),
        application.codec,
        application.sealer,
        lambda: datetime.now(UTC),
        application.archive,
    )
    return application


def _placing(application: Application, command: PlaceOrder, address: str | None) -> Work:
    hashed, numbers = command_hash(ORDER, command), count()

    async def place(_: int) -> None:
        context = Context(
            correlation_id=str(uuid4()),
            causation_id=str(uuid4()),
            command_hash=hashed,
            ip_address=address,
        )
        order_id = f"{id(numbers)}-{next(numbers)}"
        await application.command_handler.execute(ORDER, order_id, command, context)

    return place

"""Commands to an instance of the application, and orders and products to command."""

from typing import Any
from uuid import uuid4

from domain.aggregate import Aggregate, Command
from domain.events import Context
from domain.order import Item, PlaceOrder
from domain.values import Price
from event_store.command_handler import Executed
from functions.commands import command_hash
from wiring import Application


async def execute(
    application: Application,
    aggregate: Aggregate[Any, Any, Any],
    identity: str,
    command: Command,
    key: str | None = None,
    expected: int | None = None,
) -> Executed[Any]:
    """Executes a command as a request with this idempotency key would."""
    return await application.command_handler.execute(
        aggregate, identity, command, context(aggregate, command, key), expected
    )


def context(
    aggregate: Aggregate[Any, Any, Any], command: Command, key: str | None = None
) -> Context:
    return Context(
        correlation_id=str(uuid4()),
        causation_id=key or str(uuid4()),
        command_hash=command_hash(aggregate, command),
    )


def an_order(**fields: Any) -> PlaceOrder:
    items = (Item(product_id="prod-1", quantity=2, price=Price("12.50")),)
    return PlaceOrder(**{"customer_id": "cust-1", "items": items, **fields})

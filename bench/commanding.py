"""Commands to an application, as its HTTP functions would give them to it."""

from typing import Any, Final
from uuid import uuid4

from domain.aggregate import Aggregate, Command
from domain.events import Context
from domain.order import ORDER, Item, PlaceOrder
from domain.product import PRODUCT, ReceiveStock
from domain.values import Price
from functions.commands import command_hash
from wiring import Application

ITEMS: Final = (
    Item("prod_001", 2, Price("29.99")),
    Item("prod_002", 1, Price("5")),
)


async def place(application: Application, order_id: str) -> None:
    await _execute(application, ORDER, order_id, PlaceOrder(customer_id="cust_123", items=ITEMS))


async def receive(application: Application, product_id: str) -> None:
    await _execute(application, PRODUCT, product_id, ReceiveStock(quantity=5))


async def _execute(
    application: Application, aggregate: Aggregate[Any, Any, Any], identity: str, command: Command
) -> None:
    context = Context(
        correlation_id=str(uuid4()),
        causation_id=str(uuid4()),
        command_hash=command_hash(aggregate, command),
    )
    await application.command_handler.execute(aggregate, identity, command, context)

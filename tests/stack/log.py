"""Events written directly into the event store, and given back as a hub would deliver them."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import uuid4

from domain.events import Context, Event, Recorded
from domain.order import Item, OrderCancelled, OrderPlaced, OrderShipped
from domain.product import StockReceived
from domain.values import Money, Price
from event_store.documents import Head, head_of
from wiring import Application

type Streams = dict[str, list[Recorded[Any]]]


class Log:
    """The streams that a test writes, as recorded."""

    def __init__(self, application: Application) -> None:
        self._store = application.event_store
        self.streams: defaultdict[str, list[Recorded[Any]]] = defaultdict(list)

    async def append(self, stream: str, *events: Event) -> list[Recorded[Any]]:
        """One command's events."""
        there = self.streams[stream]
        head = head_of(there[-1]) if there else Head()
        context = Context(correlation_id="c", causation_id=str(uuid4()), command_hash="0" * 64)
        recorded = await self._store.append(stream, head, events, context)
        there += recorded
        return recorded

    async def receive(self, product: str, *quantities: int) -> list[Recorded[Any]]:
        """Receipts of a product, an event each."""
        events = [StockReceived(product_id=product, quantity=quantity) for quantity in quantities]
        return await self.append(f"product-{product}", *events)

    async def place(self, order: str, *items: Item, customer: str = "c") -> list[Recorded[Any]]:
        return await self.append(f"order-{order}", placed(order, *items, customer=customer))

    async def ship(self, order: str) -> list[Recorded[Any]]:
        return await self.append(
            f"order-{order}", OrderShipped(order_id=order, tracking_number="t")
        )

    async def cancel(self, order: str) -> list[Recorded[Any]]:
        return await self.append(f"order-{order}", OrderCancelled(order_id=order, reason="r"))

    def all(self, *streams: str) -> list[Recorded[Any]]:
        """Every event of some streams, or of all."""
        return [event for name in streams or self.streams for event in self.streams[name]]


def an_item(product: str = "p", quantity: int = 1, price: str = "12.50") -> Item:
    return Item(product, quantity, Price(price))


def items_of(products: Iterable[int]) -> tuple[Item, ...]:
    """An item of each product, no two at the same price."""
    return tuple(
        an_item(f"p{number}", 1 + number % 3, f"{number}.{number % 100:02}") for number in products
    )


def placed(order: str, *items: Item, customer: str = "c") -> OrderPlaced:
    items = items or (an_item(),)
    total = sum((item.price * item.quantity for item in items), Decimal(0))
    return OrderPlaced(
        order_id=order, customer_id=customer, items=items, total_amount=Money(total), currency="USD"
    )

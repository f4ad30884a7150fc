"""The same orders and products as an application of the `eventsourcing` library, in memory (POPO)."""

from decimal import Decimal
from typing import Any, ClassVar
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import msgspec
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from domain import order, product
from domain.aggregate import Command
from domain.values import from_json, to_json
from event_store.documents import event_id
from functions.commands import command_hash

type Metadata = dict[str, str]


class Order(Aggregate):
    """An order with the rules of `domain/order.py`."""

    @event("Placed")
    def __init__(
        self,
        order_id: str,
        customer_id: str,
        items: list[dict[str, Any]],
        total_amount: Decimal,
        currency: str,
        metadata: Metadata,
    ) -> None:
        self.identity = order_id
        self.status = "placed"

    @staticmethod
    def create_id(order_id: str) -> UUID:
        return uuid5(NAMESPACE_URL, f"/orders/{order_id}")

    def execute(self, command: Command, metadata: Metadata) -> None:
        match command:
            case order.ShipOrder() if self.status == "placed":
                self._ship(command.tracking_number, command.carrier, metadata)
            case order.DeliverOrder() if self.status == "shipped":
                self._deliver(command.signed_by, metadata)
            case _:
                raise ValueError(f"Order '{self.identity}' is {self.status}.")

    @event("Shipped")
    def _ship(self, tracking_number: str, carrier: str | None, metadata: Metadata) -> None:
        self.status = "shipped"

    @event("Delivered")
    def _deliver(self, signed_by: str | None, metadata: Metadata) -> None:
        self.status = "delivered"

    def answer(self) -> dict[str, Any]:
        return {"orderId": self.identity, "status": self.status}


class Product(Aggregate):
    """A product with the rules of `domain/product.py`."""

    @event("Registered")
    def __init__(self, product_id: str) -> None:
        self.identity = product_id
        self.on_hand = 0
        self.reserved = 0
        self.reservations: dict[str, int] = {}

    @staticmethod
    def create_id(product_id: str) -> UUID:
        return uuid5(NAMESPACE_URL, f"/products/{product_id}")

    def execute(self, command: Command, metadata: Metadata) -> None:
        match command:
            case product.ReceiveStock():
                self._receive(command.quantity, metadata)
            case product.ReserveStock() if self._has_for(command.order_id, command.quantity):
                self._reserve(command.order_id, command.quantity, metadata)
            case product.ShipStock() if command.order_id in self.reservations:
                self._ship(command.order_id, self.reservations[command.order_id], metadata)
            case _:
                raise ValueError(f"Product '{self.identity}' has no such stock.")

    def _has_for(self, order_id: str, quantity: int) -> bool:
        return order_id not in self.reservations and quantity <= self.on_hand - self.reserved

    @event("StockReceived")
    def _receive(self, quantity: int, metadata: Metadata) -> None:
        self.on_hand += quantity

    @event("StockReserved")
    def _reserve(self, order_id: str, quantity: int, metadata: Metadata) -> None:
        self.reservations[order_id] = quantity
        self.reserved += quantity

    @event("StockShipped")
    def _ship(self, order_id: str, quantity: int, metadata: Metadata) -> None:
        del self.reservations[order_id]
        self.reserved -= quantity
        self.on_hand -= quantity

    def answer(self) -> dict[str, Any]:
        available = self.on_hand - self.reserved
        return {
            "productId": self.identity,
            "status": "in_stock" if available else "out_of_stock",
            "onHand": self.on_hand,
            "reserved": self.reserved,
            "available": available,
        }


class Shop(Application[UUID]):
    """Bodies in, answers out, as `functions/commands.py` takes and gives them.

    Types, hashes and ids of commands are the product's own; between them stands the library.
    """

    snapshotting_intervals: ClassVar = {Product: product.PRODUCT.snapshot_every}

    def handle(self, of: str, verb: str, identity: str, body: bytes) -> bytes:
        """Executes one command of an `order` or a `product`."""
        aggregate = order.ORDER if of == "order" else product.PRODUCT
        command = msgspec.json.decode(body, type=aggregate.commands[verb], dec_hook=from_json)
        metadata = {
            "correlationId": str(uuid4()),
            "causationId": str(uuid4()),
            "commandHash": command_hash(aggregate, command),
        }
        found = self._executed(identity, command, metadata)
        events = found.pending_events[:]
        self.save(found)
        stream = aggregate.stream(identity)
        return msgspec.json.encode(
            {
                **found.answer(),
                "version": found.version,
                "events": [
                    {
                        "eventId": event_id(stream, metadata["causationId"], index),
                        "eventType": type(new).__name__,
                        "version": new.originator_version,
                        "timestamp": new.timestamp,
                    }
                    for index, new in enumerate(events)
                ],
                "correlationId": metadata["correlationId"],
                "commandId": metadata["causationId"],
            }
        )

    def _executed(self, identity: str, command: Command, metadata: Metadata) -> Order | Product:
        found: Order | Product
        match command:
            case order.PlaceOrder():
                items = msgspec.to_builtins(command.items, enc_hook=to_json)
                customer, total, currency = command.customer_id, command.total, command.currency
                return Order(identity, customer, items, total, currency, metadata)
            case product.ReceiveStock():
                found = Product(identity)
            case product.ReserveStock() | product.ShipStock():
                found = self.repository.get(Product.create_id(identity))
            case _:
                found = self.repository.get(Order.create_id(identity))
        found.execute(command, metadata)
        return found

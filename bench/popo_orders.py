"""The same orders as an application of the `eventsourcing` library, stored in memory (POPO)."""

import json
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event


class Order(Aggregate):
    """An order with the rules of `domain/order.py`."""

    @event("Placed")
    def __init__(
        self, customer_id: str, items: list[dict[str, Any]], currency: str, total_amount: Decimal
    ) -> None:
        self.customer_id = customer_id
        self.items = items
        self.currency = currency
        self.total_amount = total_amount
        self.status = "placed"

    def ship(self, tracking_number: str, carrier: str | None) -> None:
        self._expect("placed")
        self._shipped(tracking_number, carrier)

    @event("Shipped")
    def _shipped(self, tracking_number: str, carrier: str | None) -> None:
        self.status = "shipped"

    def deliver(self, signed_by: str | None) -> None:
        self._expect("shipped")
        self._delivered(signed_by)

    @event("Delivered")
    def _delivered(self, signed_by: str | None) -> None:
        self.status = "delivered"

    def _expect(self, status: str) -> None:
        if self.status != status:
            raise ValueError(f"Order '{self.id}' is {self.status}, not {status}.")


class PopoOrders(Application[UUID]):
    """Bodies in, answers out, as JSON."""

    CACHED: ClassVar = {"AGGREGATE_CACHE_MAXSIZE": "10000", "AGGREGATE_CACHE_FASTFORWARD": "no"}
    """Its fastest way with one process: like ours, it need not replay what it has just stored."""

    def place(self, body: bytes) -> bytes:
        command = json.loads(body)
        items = [{**item, "price": Decimal(str(item["price"]))} for item in command["items"]]
        total = sum((item["price"] * item["quantity"] for item in items), Decimal(0))
        return self._stored(Order(command["customerId"], items, command["currency"], total))

    def ship(self, order_id: str, body: bytes) -> bytes:
        command = json.loads(body)
        order: Order = self.repository.get(UUID(order_id))
        order.ship(command["trackingNumber"], command.get("carrier"))
        return self._stored(order)

    def deliver(self, order_id: str, body: bytes) -> bytes:
        order: Order = self.repository.get(UUID(order_id))
        order.deliver(json.loads(body).get("signedBy"))
        return self._stored(order)

    def _stored(self, order: Order) -> bytes:
        recorded = [
            {
                "eventType": type(new).__name__,
                "version": new.originator_version,
                "timestamp": new.timestamp.isoformat(),
            }
            for new in order.pending_events
        ]
        self.save(order)
        answer = {
            "orderId": str(order.id),
            "status": order.status,
            "version": order.version,
            "events": recorded,
        }
        return json.dumps(answer).encode()

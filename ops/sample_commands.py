"""A day in the life of a shop: commands of a usual size, for what measures them."""

from typing import Any, Final

import msgspec

from domain.aggregate import Aggregate, Command
from domain.order import ORDER
from domain.product import PRODUCT
from domain.values import from_json


class Sample(msgspec.Struct, frozen=True):
    """A command as a caller would send it; `verb` is the route's."""

    aggregate: Aggregate[Any, Any, Any]
    identity: str
    verb: str
    body: dict[str, Any]

    def renamed(self, prefix: str) -> "Sample":
        """The same command of another order; the products stay."""
        body = {
            name: f"{prefix}_{value}" if name == "orderId" else value
            for name, value in self.body.items()
        }
        identity = f"{prefix}_{self.identity}" if self.aggregate is ORDER else self.identity
        return Sample(self.aggregate, identity, self.verb, body)

    @property
    def command(self) -> Command:
        kind: type[Command] = self.aggregate.commands[self.verb]
        return msgspec.convert(self.body, kind, dec_hook=from_json)


ORDERED: Final = {
    "customerId": "cust_123",
    "items": [
        {"productId": "prod_001", "quantity": 2, "price": 29.99},
        {"productId": "prod_002", "quantity": 1, "price": 5},
    ],
    "currency": "USD",
    "shippingAddress": "1 Main Street, Springfield",
    "contact": {"name": "Ada Lovelace", "email": "ada@example.com"},
}
SHIPPED: Final = {"trackingNumber": "1Z999AA10123456784", "carrier": "UPS"}

SAMPLES: Final = (
    Sample(PRODUCT, "prod_001", "receive", {"quantity": 1000}),
    Sample(ORDER, "order_1", "place", ORDERED),
    Sample(PRODUCT, "prod_001", "reserve", {"orderId": "order_1", "quantity": 2}),
    Sample(ORDER, "order_1", "ship", SHIPPED),
    Sample(PRODUCT, "prod_001", "ship", {"orderId": "order_1"}),
    Sample(ORDER, "order_1", "deliver", {"signedBy": "A. Lovelace"}),
    Sample(ORDER, "order_2", "place", ORDERED),
    Sample(PRODUCT, "prod_001", "reserve", {"orderId": "order_2", "quantity": 2}),
    Sample(ORDER, "order_2", "cancel", {"reason": "changed her mind"}),
    Sample(PRODUCT, "prod_001", "release", {"orderId": "order_2"}),
)
"""Two orders, one delivered and one cancelled, with the stock that they take: every verb is there."""

"""The plain way to source events on Cosmos DB, as the pattern is commonly shown: what ours is held against.

A command loads the whole history, asks for the greatest version again before it appends, and stores
each event with a request of its own. (It also publishes each event itself; that is left out here.)
"""

from collections.abc import AsyncIterable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from azure.cosmos.aio import ContainerProxy


class Product:
    """Stock, folded from every event there ever was."""

    def __init__(self) -> None:
        self.on_hand = 0
        self.version = 0

    def apply(self, event: dict[str, Any]) -> None:
        if event["eventType"] == "StockReceived":
            self.on_hand += event["data"]["quantity"]
        self.version = event["version"]

    def receive(self, product_id: str, quantity: int) -> list[dict[str, Any]]:
        return [
            {
                "eventId": str(uuid4()),
                "eventType": "StockReceived",
                "timestamp": datetime.now(UTC).isoformat(),
                "data": {"productId": product_id, "quantity": quantity},
            }
        ]


class ConcurrencyError(Exception):
    """The stream's version is not the one that the command was decided on."""


class PlainHandler:
    """Handles `receive` over a container of events with partition key `/aggregateId`."""

    def __init__(self, events: ContainerProxy) -> None:
        self._events = events

    async def receive(self, stream: str, product_id: str, quantity: int) -> None:
        """Loads, decides, appends. Raises ConcurrencyError."""
        product = Product()
        async for event in self._events.query_items(
            "SELECT * FROM c WHERE c.aggregateId = @aggregateId ORDER BY c.version ASC",
            parameters=[{"name": "@aggregateId", "value": stream}],
            partition_key=stream,
        ):
            product.apply(event)
        await self._append(stream, product.receive(product_id, quantity), product.version)

    async def _append(self, stream: str, events: list[dict[str, Any]], expected: int) -> None:
        current = await self._version(stream)
        if current != expected:
            raise ConcurrencyError(f"'{stream}' has version {current}, not {expected}.")
        for index, event in enumerate(events):
            document = {
                "id": event["eventId"],
                "aggregateId": stream,
                "version": expected + index + 1,
                "commandKey": event["eventId"],
                **event,
            }
            await self._events.create_item(document)

    async def _version(self, stream: str) -> int:
        newest: AsyncIterable[Any] = self._events.query_items(
            "SELECT VALUE MAX(c.version) FROM c WHERE c.aggregateId = @aggregateId",
            parameters=[{"name": "@aggregateId", "value": stream}],
            partition_key=stream,
        )
        return max([version async for version in newest if version], default=0)

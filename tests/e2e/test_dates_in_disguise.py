"""Texts that look like dates arrive byte for byte, although the trigger hands them over rewritten."""

import asyncio
import json
from collections.abc import Callable
from typing import Any, Final

from azure.eventhub import EventData
from azure.eventhub.aio import EventHubConsumerClient, PartitionContext

from tests.stack.client import PATIENCE, Client, an_order
from tests.stack.local_azure import LocalAzure

type NewId = Callable[[], str]

DISGUISES: Final = (
    "2026-11-01T10:00:00.000Z",
    "2026-11-01T10:00:00.120000Z",
    "2026-11-01T10:00:00.123000+00:00",
    "2026-11-01T10:00:00+02:00",
    "2026-11-01T10:00:00-0800",
    "2026-11-01T24:00:00Z",
    "2026-11-01T10:00:00.1234567Z",
    "2026-11-01T10:00:00.123456Z",
    "2026-11-01T10:00:00Z",
    "2026-11-01T10:00:00",
    "2026-11-01",
    "/Date(1234567890000)/",
    "/Date(1234567890000+0100)/",
    "1.10",
    "1e5",
    "Sun, 01 Nov 2026 10:00:00 GMT",
)


async def test_they_do_so_on_the_hub_and_in_the_read_model(
    client: Client, local_azure: LocalAzure, new_id: NewId
) -> None:
    shipped = {new_id(): text for text in DISGUISES}
    cancelled = {new_id(): text for text in DISGUISES}
    for order, text in shipped.items():
        await client.post("/orders", an_order(orderId=order))
        await client.post(f"/orders/{order}/ship", {"trackingNumber": text, "carrier": text})
    for order, text in cancelled.items():
        await client.post("/orders", an_order(orderId=order, shippingAddress={"at": text}))
        await client.post(f"/orders/{order}/cancel", {"reason": text})
    for order, text in shipped.items():
        read = await client.read_model(f"/orders/{order}", 2)
        assert (read.body["trackingNumber"], read.body["carrier"]) == (text, text)
    for order, text in cancelled.items():
        read = await client.read_model(f"/orders/{order}", 2)
        assert read.body["cancelReason"] == text
    orders = [*shipped, *cancelled]
    on_the_hub = await events_on_the_hub(local_azure, {f"order-{order}" for order in orders})
    for order in orders:
        history = (await client.get(f"/orders/{order}/events")).body["events"]
        carried = on_the_hub[f"order-{order}"]
        carried_fields = [{name: event[name] for name in history[0]} for event in carried]
        assert unsealed(carried_fields) == unsealed(history)
    for order, text in cancelled.items():
        (placed, _) = (await client.get(f"/orders/{order}/events")).body["events"]
        assert placed["data"]["shippingAddress"] == {"at": text}


def unsealed(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Events without the address, which the hub carries sealed."""
    return [
        event
        | {"data": {name: v for name, v in event["data"].items() if name != "shippingAddress"}}
        for event in events
    ]


async def events_on_the_hub(
    local_azure: LocalAzure, streams: set[str]
) -> dict[str, list[dict[str, Any]]]:
    """Two events of each stream, each once, in the order of their arrival."""
    found: dict[str, list[dict[str, Any]]] = {stream: [] for stream in streams}
    complete = asyncio.Event()

    async def take(_: PartitionContext, event: EventData | None) -> None:
        assert event is not None
        document = json.loads(event.body_as_str())
        of_stream = found.get(document["aggregateId"])
        if of_stream is not None and document not in of_stream:
            of_stream.append(document)
        if all(len(events) == 2 for events in found.values()):
            complete.set()

    consumer = EventHubConsumerClient.from_connection_string(
        local_azure.event_hubs, consumer_group="$Default", eventhub_name="domain-events"
    )
    async with consumer:
        receiving = [
            asyncio.create_task(
                consumer.receive(take, partition_id=partition, starting_position="-1")
            )
            for partition in await consumer.get_partition_ids()
        ]
        try:
            await asyncio.wait_for(complete.wait(), PATIENCE)
        finally:
            for task in receiving:
                task.cancel()
            await asyncio.gather(*receiving, return_exceptions=True)
    return found

"""Owner levels: one reader takes a partition from another."""

import asyncio

from azure.eventhub import EventData
from azure.eventhub.aio import EventHubConsumerClient, PartitionContext

from tests.conformance.event_hubs.namespace import PATIENCE, Namespace, Start
from tests.conformance.event_hubs.sdk_aio import AioClient


async def test_a_higher_owner_level_takes_the_partition_over(namespace: Namespace) -> None:
    client = AioClient(namespace)
    await client.send([EventData("x")], partition="1")
    has_it, lost_it = asyncio.Event(), asyncio.Event()
    errors: list[Exception] = []

    async def on_event(context: PartitionContext, event: EventData | None) -> None:
        has_it.set()

    async def on_error(context: PartitionContext | None, error: Exception) -> None:
        errors.append(error)
        lost_it.set()

    async with EventHubConsumerClient.from_connection_string(
        namespace.connection_string, "$Default", eventhub_name=namespace.hub
    ) as loser:
        losing = asyncio.create_task(
            loser.receive(
                on_event, partition_id="1", owner_level=1, starting_position="-1", on_error=on_error
            )
        )
        await asyncio.wait_for(has_it.wait(), PATIENCE)
        await client.receive("1", Start("-1"), 1, owner_level=2)
        await asyncio.wait_for(lost_it.wait(), PATIENCE)
    losing.cancel()
    await client.close()
    assert "link:stolen" in str(errors[0])

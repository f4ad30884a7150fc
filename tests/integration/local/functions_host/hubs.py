"""A local Event Hubs for the tests, and the head of an app that shows what its functions saw."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from azure.eventhub import EventData
from azure.eventhub.aio import EventHubProducerClient

from local.event_hubs import EventHubs, HubSpec, serve
from local.functions_host import FunctionsHost
from tests.integration.local.functions_host.calls import call

SEEN = """
import json
seen: list[typing.Any] = []

@app.route("seen")
async def show(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(json.dumps(seen))

def bodies(events):
    return [event.get_body().decode("latin-1") for event in events]

def hub(name, cardinality=func.Cardinality.MANY, data_type=func.DataType.BINARY):
    return app.event_hub_message_trigger("events", connection="EventHub", event_hub_name=name,
        consumer_group="%GROUP%", cardinality=cardinality, data_type=data_type)
"""


@contextlib.asynccontextmanager
async def event_hubs(
    folder: Path, hubs: Sequence[str], port: int = 0
) -> AsyncIterator[dict[str, str]]:
    """Settings that reach hubs of one partition each, kept in `folder`."""
    specs = [HubSpec(hub, partitions=1, consumer_groups=["group"]) for hub in hubs]
    with EventHubs(specs, folder) as namespace:
        async with serve(namespace, port=port) as server:
            address = {"EventHub": server.connection_string, "PORT": str(server.port)}
            yield {**address, "GROUP": "group"}


async def send(settings: dict[str, str], hub: str, *bodies: bytes, key: str | None = None) -> None:
    """Send one batch."""
    producer = EventHubProducerClient.from_connection_string(
        settings["EventHub"], eventhub_name=hub
    )
    async with producer:
        await producer.send_batch([EventData(body) for body in bodies], partition_key=key)


async def seen(host: FunctionsHost, hub: str) -> list[Any]:
    """What the function named as `hub` wrote down."""
    everything = (await call(host.port, "GET", "/api/seen")).json()
    return [one for one in everything if one[0] == hub]


def has_seen(host: FunctionsHost, hub: str, *bodies: str) -> Callable[[], Awaitable[bool]]:
    """Whether these bodies came, in this order, and no other."""

    async def probe() -> bool:
        return [body for one in await seen(host, hub) for body in one[1]] == list(bodies)

    return probe

"""A broker in memory and a server for it, for each test."""

from collections.abc import AsyncIterator, Iterator

import pytest

from local.event_hubs import EventHubs, HubSpec, Serving, serve
from tests.integration.local.event_hubs.raw_client import RawClient


@pytest.fixture
def event_hubs() -> Iterator[EventHubs]:
    with EventHubs([HubSpec("events", 2, ("readers",)), HubSpec("other", 1)]) as event_hubs:
        yield event_hubs


@pytest.fixture
async def server(event_hubs: EventHubs) -> AsyncIterator[Serving]:
    async with serve(event_hubs) as serving:
        yield serving


@pytest.fixture
async def client(server: Serving) -> AsyncIterator[RawClient]:
    """A connection with a session on channel 1."""
    client = await RawClient.connect(server.port)
    await client.begin()
    yield client
    await client.close()

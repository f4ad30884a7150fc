"""The page at `/_local/`: what happens in the local Azure, live. It asks the servers, and the app over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from local.cosmos import Cosmos
from local.event_hubs import EventHubs
from local.forwarding import Forwarder
from local.page.door import Door
from local.page.routes import Routes
from local.page.servers import Servers
from local.page.streams import Streams

__all__ = ["Door", "page"]


@asynccontextmanager
async def page(
    cosmos: Cosmos, event_hubs: EventHubs, database: str, application: str
) -> AsyncIterator[Door]:
    """The ASGI application for `/_local`; `application` is the address where the app has its `/api`."""
    async with Forwarder(application) as forwarder:
        servers = Servers(cosmos, event_hubs, database)
        yield Door(Routes(servers, Streams(cosmos, database), forwarder))

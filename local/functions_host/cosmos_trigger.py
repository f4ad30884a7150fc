"""The Cosmos DB trigger: the change feed, page by page, each lease in its own loop.

The real host keeps leases in the lease container. Here they stand in the data folder, one per
feed range, so the lease container of the binding need not exist and is never read.
"""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from azure.core.exceptions import AzureError
from azure.cosmos.aio import ContainerProxy, CosmosClient

from local.functions_host import newtonsoft
from local.functions_host.errors import TriggerError
from local.functions_host.functions import Function
from local.functions_host.invocation import Invoker
from local.functions_host.settings import resolve
from local.functions_host.shutdown import Shutdown
from local.functions_host.state import State
from local.functions_host.trouble import Trouble
from local.functions_host.worker import Datum

logger = logging.getLogger("functions_host")

RETRY_SECONDS = 1.0

type Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class CosmosTrigger:
    """The arguments of a Cosmos DB trigger; the poll delay is in seconds."""

    connection: str
    database: str
    container: str
    lease_prefix: str = ""
    page_size: int = 100
    poll_delay: float = 5.0
    start: Literal["Beginning", "Now"] | datetime = "Now"


def parse_cosmos_trigger(function: Function, settings: Mapping[str, str]) -> CosmosTrigger:
    """The trigger of `function`. Raises MissingSetting and TriggerError."""
    binding = function.trigger

    def text(name: str) -> str:
        return resolve(str(binding.get(name) or ""), settings)

    return CosmosTrigger(
        connection=text("connection") or "CosmosDB",
        database=text("databaseName"),
        container=text("containerName"),
        lease_prefix=text("leaseContainerPrefix"),
        page_size=max(0, int(binding.get("maxItemsPerInvocation") or 0)) or 100,
        poll_delay=float(binding.get("feedPollDelay", 5000)) / 1000,
        start=_start(function, text("startFromTime")),
    )


def documents_datum(documents: Sequence[Document]) -> Datum:
    """What the worker gets: one string, a compact JSON array, date-like strings rewritten."""
    return Datum(newtonsoft.dumps(list(documents)), "string")


class CosmosPump:
    """Feeds one function. `connect` makes a client; each lease has its own."""

    def __init__(
        self,
        function: Function,
        trigger: CosmosTrigger,
        connect: Callable[[], CosmosClient],
        state: State,
        invoker: Invoker,
        shutdown: Shutdown,
    ) -> None:
        self._function = function
        self._trigger = trigger
        self._connect = connect
        self._state = state
        self._invoker = invoker
        self._shutdown = shutdown
        self._trouble = Trouble(
            f"'{function.name}': change feed of {trigger.database}/{trigger.container}"
        )

    @property
    def lease(self) -> tuple[str, str, str, str]:
        """What the real host's leases go by: functions that share it share the documents."""
        trigger = self._trigger
        return trigger.connection, trigger.database, trigger.container, trigger.lease_prefix

    async def run(self) -> None:
        """Pump until the host closes; what the service refuses is tried again."""
        while not self._shutdown.closed.is_set():
            try:
                owner, ranges = await self._leases()
                async with asyncio.TaskGroup() as group:
                    for feed_range in ranges:
                        group.create_task(self._pump(owner, feed_range))
            except* (AzureError, OSError) as errors:
                self._trouble.report(_first(errors))
                await self._shutdown.sleep(RETRY_SECONDS)

    async def _leases(self) -> tuple[str, list[str]]:
        """The owner of the leases and their feed ranges: those kept, else the container's."""
        async with self._container() as (_, container):
            rid = (await container.read())["_rid"]
            owner = f"{self._trigger.lease_prefix}{self._function.name}_{rid}"
            kept = list(self._state.read("lease", owner))
            return owner, kept or [json.dumps(one) async for one in container.read_feed_ranges()]

    async def _pump(self, owner: str, feed_range: str) -> None:
        continuation = self._state.read("lease", owner).get(feed_range)
        async with self._container() as (client, container):
            while not self._shutdown.closed.is_set():
                known = continuation is not None
                documents, continuation = await self._page(
                    client, container, feed_range, continuation
                )
                self._trouble.over()
                if documents and not await self._deliver(documents):
                    return
                if (documents or not known) and not self._shutdown.began.is_set():
                    self._state.write("lease", owner, feed_range, continuation)
                if not documents:
                    await self._shutdown.sleep(self._trigger.poll_delay)

    async def _page(
        self,
        client: CosmosClient,
        container: ContainerProxy,
        feed_range: str,
        continuation: str | None,
    ) -> tuple[list[Document], str]:
        options: dict[str, Any] = {"continuation": continuation}
        if continuation is None:
            options = {"feed_range": json.loads(feed_range), "start_time": self._trigger.start}
        feed = container.query_items_change_feed(max_item_count=self._trigger.page_size, **options)
        documents: list[Document] = []
        async for page in feed.by_page():
            documents = [document async for document in page]
            break
        return documents, str(client.client_connection.last_response_headers["etag"])

    async def _deliver(self, documents: list[Document]) -> bool:
        """Whether the batch came to its end: returned, failed for good, or lost."""
        return (
            await self._invoker.with_retries(self._function, documents_datum(documents), {})
            is not None
        )

    @contextlib.asynccontextmanager
    async def _container(self) -> AsyncIterator[tuple[CosmosClient, ContainerProxy]]:
        client = self._connect()
        try:
            await client.__aenter__()  # `async with` would not close it when the account is away
            database = client.get_database_client(self._trigger.database)
            yield client, database.get_container_client(self._trigger.container)
        finally:
            await client.close()


def _start(function: Function, from_time: str) -> Literal["Beginning", "Now"] | datetime:
    beginning = bool(function.trigger.get("startFromBeginning"))
    if beginning and from_time:
        raise TriggerError(
            f"function '{function.name}': start_from_beginning and start_from_time exclude each other"
        )
    if not from_time:
        return "Beginning" if beginning else "Now"
    try:
        moment = datetime.fromisoformat(from_time)
    except ValueError as error:
        raise TriggerError(
            f"function '{function.name}': start_from_time must be like 2026-01-31T08:00:00Z, "
            f"not {from_time!r}"
        ) from error
    return moment.astimezone() if moment.tzinfo is None else moment


def _first(errors: ExceptionGroup[AzureError | OSError]) -> Exception:
    first: Exception = errors
    while isinstance(first, ExceptionGroup):
        first = first.exceptions[0]
    return first

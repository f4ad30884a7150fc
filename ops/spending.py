"""Request units of every command and of every projection's step, from the local Cosmos DB's model."""

from collections.abc import Awaitable, Mapping, Sequence
from typing import Final

import msgspec
from azure.cosmos.aio import CosmosClient

from domain.events import Context
from event_store.publisher import message_body
from local.cosmos import Cosmos
from ops.feed import Feed
from ops.in_process import disconnected_application, in_process_cosmos
from ops.resources import DATABASE
from ops.sample_commands import SAMPLES, Sample
from wiring import EVENTS

LEASES: Final = "leases"


class Spent(msgspec.Struct, frozen=True):
    """What one command costs on its whole way, in request units.

    `command` is the append, in so many `requests`; `feed` the change feed's reading of its events;
    `projections` each read model's catching up. `messages` are the bytes of its hub messages.
    """

    sample: Sample
    requests: int
    command: float
    feed: float
    projections: Mapping[str, float]
    messages: Sequence[int]

    @property
    def total(self) -> float:
        return self.command + self.feed + sum(self.projections.values())


class Spending(msgspec.Struct, frozen=True):
    """Every sample's cost, and the feed's own: asking in vain, and noting in a lease how far it is."""

    commands: Sequence[Spent]
    empty_poll: float
    checkpoint: float


async def measure() -> Spending:
    """Drives the samples twice and keeps the second time, on other orders: by then all is warm."""
    async with in_process_cosmos() as (cosmos, client):
        meter = _Meter(cosmos, client)
        for sample in SAMPLES:
            await meter.spent(sample.renamed("first"))
        await meter.look_in_vain()
        spent = [await meter.spent(sample.renamed("second")) for sample in SAMPLES]
        return Spending(spent, meter.empty_poll, await meter.checkpoint())


class _Meter:
    """Measures one thing after another on one account."""

    def __init__(self, cosmos: Cosmos, client: CosmosClient) -> None:
        self.empty_poll = 0.0
        self._stats = cosmos.stats
        self._application = disconnected_application()
        self._application.cosmos = client
        database = client.get_database_client(DATABASE)
        self._feed = Feed(database.get_container_client(EVENTS))
        self._leases = database.get_container_client(LEASES)
        self._commands = 0

    async def spent(self, sample: Sample) -> Spent:
        """A command, the feed's reading of its events, then each projection that follows them."""
        command = await self._units(self._execute(sample))
        requests = sum(self._stats.snapshot()["requests"].values())
        feed = await self._units(self._feed.read()) - self.empty_poll
        documents = self._feed.documents
        events = [self._application.codec.decode(document) for document in documents]
        projections = {
            projection.name: await self._units(
                self._application.engine.catch_up(projection, events)
            )
            for projection in self._application.projections
            if projection.sees(sample.aggregate.name)
        }
        messages = [len(message_body(document)) for document in documents]
        return Spent(sample, requests, command, feed, projections, messages)

    async def look_in_vain(self) -> None:
        """What the end of every reading of the feed costs: an answer that there is nothing more."""
        self.empty_poll = await self._units(self._feed.read())

    async def checkpoint(self) -> float:
        """What the trigger writes behind each batch: one small document, replaced."""
        lease = {"id": "lease", "ContinuationToken": '"1"', "Owner": "0" * 36}
        await self._leases.create_item(lease)

        async def replace() -> None:
            await self._leases.replace_item("lease", lease)

        return await self._units(replace())

    async def _execute(self, sample: Sample) -> None:
        self._commands += 1
        context = Context(
            correlation_id=f"{self._commands:036}",
            causation_id=f"{self._commands:036}",
            command_hash="0" * 64,
        )
        await self._application.command_handler.execute(
            sample.aggregate, sample.identity, sample.command, context
        )
        await self._application.snapshotter.settled()

    async def _units(self, work: Awaitable[None]) -> float:
        self._stats.reset()
        await work
        units: float = self._stats.snapshot()["request_units"]
        return units

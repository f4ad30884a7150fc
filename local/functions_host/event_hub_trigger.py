"""The Event Hubs trigger: batches of a consumer group, one at a time per partition."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from azure.eventhub import EventData
from azure.eventhub.aio import EventHubConsumerClient, PartitionContext
from azure.eventhub.amqp import AmqpMessageBodyType
from azure.eventhub.exceptions import EventHubError

from local.functions_host import event_hub_shapes
from local.functions_host.event_hub_shapes import DataType, HubEvent, Partition, UndecodableBatch
from local.functions_host.functions import Function
from local.functions_host.invocation import Invoker
from local.functions_host.settings import resolve
from local.functions_host.shutdown import Shutdown
from local.functions_host.trouble import Trouble

logger = logging.getLogger("functions_host")

FROM_START = "-1"
"""Where a partition without a checkpoint begins: `initialOffsetOptions` is fromStart."""

RETRY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class EventHubTrigger:
    """The arguments of an Event Hubs trigger."""

    connection: str
    hub: str
    group: str = "$Default"
    data_type: DataType = "UNDEFINED"
    many: bool = True


def parse_event_hub_trigger(function: Function, settings: Mapping[str, str]) -> EventHubTrigger:
    """The trigger of `function`. Raises MissingSetting."""
    binding = function.trigger
    data_type = str(binding.get("dataType") or "UNDEFINED").upper()
    return EventHubTrigger(
        connection=resolve(str(binding.get("connection") or "EventHub"), settings),
        hub=resolve(str(binding.get("eventHubName") or ""), settings),
        group=resolve(str(binding.get("consumerGroup") or "$Default"), settings),
        data_type="BINARY"
        if data_type == "BINARY"
        else "STRING"
        if data_type == "STRING"
        else "UNDEFINED",
        many=str(binding.get("cardinality") or "MANY").upper() == "MANY",
    )


class EventHubPump:
    """Feeds one function from every partition. `connect` makes a client that keeps its checkpoints."""

    def __init__(
        self,
        function: Function,
        trigger: EventHubTrigger,
        connect: Callable[[], EventHubConsumerClient],
        batch_size: int,
        invoker: Invoker,
        shutdown: Shutdown,
    ) -> None:
        self._function = function
        self._trigger = trigger
        self._connect = connect
        self._batch_size = batch_size
        self._invoker = invoker
        self._shutdown = shutdown
        self._turns: dict[str, asyncio.Lock] = {}
        self._done: dict[str, tuple[int, datetime]] = {}
        self._trouble = Trouble(f"'{function.name}': hub {trigger.hub}, group {trigger.group}")

    async def run(self) -> None:
        """Receive until the host closes; a lost connection is made again, for ever."""
        while not self._shutdown.closed.is_set():
            client = self._connect()
            receiving = asyncio.create_task(self._receive(client))
            closing = asyncio.create_task(self._shutdown.closed.wait())
            await asyncio.wait({receiving, closing}, return_when=asyncio.FIRST_COMPLETED)
            closing.cancel()
            if self._shutdown.closed.is_set():
                for turn in self._turns.values():
                    await turn.acquire()
            receiving.cancel()
            await asyncio.gather(receiving, return_exceptions=True)
            await client.close()

    async def _receive(self, client: EventHubConsumerClient) -> None:
        try:
            await client.receive_batch(
                on_event_batch=self._on_batch,
                on_error=self._on_error,
                max_batch_size=self._batch_size,
                starting_position=FROM_START,
            )
        except (EventHubError, OSError) as error:
            self._trouble.report(error)
            await self._shutdown.sleep(RETRY_SECONDS)

    async def _on_error(self, _: PartitionContext | None, error: Exception) -> None:
        self._trouble.report(error)

    async def _on_batch(self, context: PartitionContext, received: Sequence[EventData]) -> None:
        """One batch of a partition at a time, also when its receiver was made anew meanwhile."""
        self._trouble.over()
        turn = self._turns.setdefault(context.partition_id, asyncio.Lock())
        async with turn:
            events = self._unseen(context.partition_id, [_hub_event(event) for event in received])
            if not events or self._shutdown.closed.is_set():
                return
            if not await self._deliver(events, context):
                return
            last = events[-1]
            self._done[context.partition_id] = (last.sequence_number, last.enqueued)
            if not self._shutdown.began.is_set():
                await context.update_checkpoint(received[-1])

    def _unseen(self, partition: str, events: list[HubEvent]) -> list[HubEvent]:
        """What a new receiver brings again goes; a hub made anew counts from zero, but later."""
        if partition not in self._done:
            return events
        number, enqueued = self._done[partition]
        return [
            event for event in events if event.sequence_number > number or event.enqueued > enqueued
        ]

    async def _deliver(self, events: list[HubEvent], context: PartitionContext) -> bool:
        """Whether the batch came to its end: the checkpoint moves even when it failed."""
        source = Partition(
            context.fully_qualified_namespace,
            context.eventhub_name,
            context.consumer_group,
            context.partition_id,
        )
        try:
            calls = event_hub_calls(self._trigger, events, source)
        except UndecodableBatch as error:
            logger.error(
                "'Functions.%s': %d events from partition %s are lost, as on the real host: a body "
                "is not JSON (%s). Give the trigger data_type=func.DataType.BINARY",
                self._function.name,
                len(events),
                context.partition_id,
                error,
            )
            return True
        ends = await asyncio.gather(
            *(self._invoker.with_retries(self._function, *call) for call in calls)
        )
        return all(end is not None for end in ends)


def event_hub_calls(
    trigger: EventHubTrigger, events: Sequence[HubEvent], source: Partition
) -> list[event_hub_shapes.Call]:
    """The calls for a batch: one with all events, or one for each, to run at once."""
    if trigger.many:
        return [event_hub_shapes.many(events, trigger.data_type, source)]
    return [event_hub_shapes.one(event, trigger.data_type, source) for event in events]


def _hub_event(event: EventData) -> HubEvent:
    key = event.partition_key
    return HubEvent(
        body=_body(event),
        sequence_number=event.sequence_number or 0,
        offset=str(event.offset),
        enqueued=event.enqueued_time or datetime.now(UTC),
        partition_key=key.decode() if isinstance(key, bytes) else key,
        properties={str(_text(name)): _text(value) for name, value in event.properties.items()},
    )


def _body(event: EventData) -> bytes:
    """The data sections, joined; an AMQP value or sequence has no bytes but its text's."""
    if event.body_type is AmqpMessageBodyType.DATA:
        return b"".join(cast(Iterable[bytes], event.body))
    return event.body_as_str().encode()


def _text(value: object) -> object:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value

"""The link of a producer: messages and batches into the log, each settled once it is durable."""

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING

from local.event_hubs.amqp import frames
from local.event_hubs.amqp.errors import (
    INTERNAL_ERROR,
    INVALID_FIELD,
    MESSAGE_SIZE_EXCEEDED,
    AmqpError,
    LinkFault,
)
from local.event_hubs.amqp.messages import BATCH_FORMAT, MESSAGE_ANNOTATIONS, batched, section_map
from local.event_hubs.amqp.performatives import Attach
from local.event_hubs.broker import EventHubs, Hub
from local.event_hubs.events import PARTITION_KEY, drafts
from local.event_hubs.faults import Delay, DropAfterStore, DropBeforeStore, Fault, Reject
from local.event_hubs.incoming_link import Delivery, IncomingLink
from local.event_hubs.link import MAX_MESSAGE_BYTES
from local.event_hubs.partition import Partition

if TYPE_CHECKING:
    from local.event_hubs.session import Session

logger = logging.getLogger(__name__)


class PublishLink(IncomingLink):
    """Sends to a hub, or to the one partition that its address names."""

    def __init__(
        self,
        session: "Session",
        attach: Attach,
        broker: EventHubs,
        hub: Hub,
        partition: Partition | None,
    ) -> None:
        super().__init__(session, attach)
        self._broker = broker
        self._hub = hub
        self._partition = partition

    def deliver(self, delivery: Delivery) -> None:
        try:
            self._publish(delivery)
        except AmqpError as fault:
            self._reject(delivery, fault.condition, fault.description)

    def _publish(self, delivery: Delivery) -> None:
        if delivery.too_large:
            raise LinkFault(
                MESSAGE_SIZE_EXCEEDED,
                f"The message of {delivery.size} bytes exceeds the {MAX_MESSAGE_BYTES} bytes "
                "that an event or a batch may have.",
            )
        message = bytes(delivery.message)
        messages = batched(message) if delivery.message_format == BATCH_FORMAT else [message]
        key = _partition_key(message)
        prepared = drafts(messages, key)
        partition = self._partition or self._hub.partition_for(key)
        fault = self._broker.faults.take(self._hub.name, partition.id)
        if isinstance(fault, Reject):
            raise LinkFault(fault.condition, "A fault was injected: the send is refused.")
        if isinstance(fault, DropBeforeStore):
            self.session.transport.abort()
            return
        self.session.transport.intake.hold(delivery.size)
        stored = self._broker.log.append(partition, prepared)
        stored.add_done_callback(partial(self._on_stored, delivery, fault))

    def _on_stored(
        self, delivery: Delivery, fault: Fault | None, stored: asyncio.Future[None]
    ) -> None:
        self.session.transport.intake.release(delivery.size)
        error = stored.exception()
        match fault:
            case _ if error is not None:
                self._reject(delivery, INTERNAL_ERROR, f"The log could not be written: {error}")
            case DropAfterStore():
                self.session.transport.abort()
            case Delay(seconds):
                asyncio.get_running_loop().call_later(seconds, self.settle, delivery)
            case _:
                self.settle(delivery)

    def _reject(self, delivery: Delivery, condition: str, description: str) -> None:
        self._broker.refusals += 1
        logger.warning("Refused a send to hub '%s': %s: %s", self._hub.name, condition, description)
        self.settle(delivery, frames.rejected(condition, description))


def _partition_key(message: bytes) -> str | None:
    """The key that the sender set on a message, or on a batch as a whole."""
    key = section_map(message, MESSAGE_ANNOTATIONS).get(PARTITION_KEY)
    if key is not None and not isinstance(key, str):
        raise LinkFault(INVALID_FIELD, f"{PARTITION_KEY} must be a string, not {key!r}")
    return key

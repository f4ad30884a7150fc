"""The link of a consumer: events of one partition, from a position on, as they come."""

from collections import deque
from typing import TYPE_CHECKING

from local.event_hubs.amqp.errors import LINK_STOLEN, LinkFault
from local.event_hubs.amqp.messages import with_delivery_annotations
from local.event_hubs.amqp.performatives import Attach
from local.event_hubs.amqp.values import Long, Timestamp
from local.event_hubs.broker import EventHubs
from local.event_hubs.events import StoredEvent
from local.event_hubs.outgoing_link import OutgoingLink
from local.event_hubs.partition import Partition

if TYPE_CHECKING:
    from local.event_hubs.session import Session

RUNTIME_METRICS = "com.microsoft:enable-receiver-runtime-metric"


class SubscribeLink(OutgoingLink):
    """Reads a partition in chunks, no faster than the client takes them: a slow one costs one chunk of memory."""

    def __init__(
        self,
        session: "Session",
        attach: Attach,
        broker: EventHubs,
        partition: Partition,
        group: str,
    ) -> None:
        super().__init__(session, attach)
        self._broker = broker
        self._partition = partition
        self._group = group.lower()
        self._epoch = (attach.properties or {}).get("com.microsoft:epoch")
        self._wants_metrics = RUNTIME_METRICS in _symbols(attach.desired_capabilities)
        self._last = -1
        self._chunk: deque[StoredEvent] = deque()

    @property
    def epoch(self) -> int | None:
        return self._epoch if isinstance(self._epoch, int) else None

    @property
    def position(self) -> int:
        return self._last

    def read_after(self, sequence_number: int) -> None:
        """Take a place among the partition's readers and set where to start.

        Raises LinkFault when there is no place.
        """
        self._partition.readers.admit(self._group, self)
        self._last = sequence_number
        self._partition.watch(self.pump)

    def displace(self, description: str) -> None:
        self.session.detach(self, LinkFault(LINK_STOLEN, description))

    def on_closed(self) -> None:
        super().on_closed()
        self._chunk.clear()
        self._partition.unwatch(self.pump)
        self._partition.readers.leave(self._group, self)

    def next_message(self) -> bytes | None:
        if not self._chunk:
            self._chunk.extend(self._broker.log.read(self._partition, self._last))
        if not self._chunk:
            return None
        event = self._chunk.popleft()
        self._last = event.sequence_number
        self._broker.events_delivered += 1
        return self._with_metrics(event.message) if self._wants_metrics else event.message

    def _with_metrics(self, message: bytes) -> bytes:
        """What `track_last_enqueued_event_properties` of the SDKs asks for: where the partition ends by now."""
        last = self._partition.next - 1
        return with_delivery_annotations(
            message,
            {
                "last_enqueued_sequence_number": Long(last),
                "last_enqueued_offset": str(last),
                "last_enqueued_time_utc": Timestamp(self._partition.last_enqueued_at),
                "runtime_info_retrieval_time_utc": Timestamp(self._broker.now()),
            },
        )


def _symbols(capabilities: object) -> list[object]:
    """A field that holds one symbol or an array of them."""
    return capabilities if isinstance(capabilities, list) else [capabilities]

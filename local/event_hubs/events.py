"""An event as the log keeps it, and the annotations that the broker puts on it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from local.event_hubs.amqp.messages import (
    APPLICATION_PROPERTIES,
    DATA,
    MESSAGE_ANNOTATIONS,
    Draft,
    draft,
    section_map,
    section_value,
)
from local.event_hubs.amqp.values import Long, Timestamp

SEQUENCE_NUMBER = "x-opt-sequence-number"
OFFSET = "x-opt-offset"
ENQUEUED_TIME = "x-opt-enqueued-time"
PARTITION_KEY = "x-opt-partition-key"

_STAMPS = frozenset((SEQUENCE_NUMBER, OFFSET, ENQUEUED_TIME))


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One event of a partition: its place, and the encoded message as every reader gets it."""

    sequence_number: int
    enqueued_at: int
    """Milliseconds since 1970, never going back within a partition."""
    message: bytes

    @property
    def offset(self) -> str:
        return str(self.sequence_number)

    @property
    def enqueued_time(self) -> datetime:
        return datetime.fromtimestamp(self.enqueued_at / 1000, UTC)

    @property
    def body(self) -> object:
        """The first data section: bytes, for every event that an Event Hubs SDK sent; None without one."""
        return section_value(self.message, DATA)

    @property
    def properties(self) -> dict[object, object]:
        """The application properties."""
        return section_map(self.message, APPLICATION_PROPERTIES)

    @property
    def partition_key(self) -> object:
        return section_map(self.message, MESSAGE_ANNOTATIONS).get(PARTITION_KEY)


def drafts(messages: list[bytes], partition_key: str | None) -> list[Draft]:
    """Prepare the messages of one send; a batch's partition key becomes that of each event in it.

    Raises DecodeFault when a message is malformed.
    """
    if partition_key is None:
        return [draft(message, without=_STAMPS) for message in messages]
    prepared = [draft(message, without=_STAMPS | {PARTITION_KEY}) for message in messages]
    return [one.with_annotation(PARTITION_KEY, partition_key) for one in prepared]


def stamped(one: Draft, sequence_number: int, enqueued_at: int) -> StoredEvent:
    """Give a draft its place in a partition."""
    message = one.annotated(
        {
            SEQUENCE_NUMBER: Long(sequence_number),
            OFFSET: str(sequence_number),
            ENQUEUED_TIME: Timestamp(enqueued_at),
        }
    )
    return StoredEvent(sequence_number, enqueued_at, message)

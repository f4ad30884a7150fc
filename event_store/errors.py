"""What can go wrong on the write side.

EventStoreError
├── ConcurrencyConflict   still contended after every retry
├── VersionMismatch       the caller saw another version
├── IdempotencyKeyReused  the command's id belongs to another command
├── EventTooLarge         refused before anything was written
├── StoreUnavailable      Cosmos DB is throttling or away; nothing is half-done
│   └── BlobMissing       the archive does not have what a stub names
├── UnreadableEvent       a stored event that this version of the code does not know
│   └── DamagedEvent      a stored event that no version would read
└── AppendFailed          between the store and the command handler only
    ├── VersionTaken      the stream has moved on, or has this command already
    ├── HeadAhead         the stream does not reach the head that the append was built on
    └── OutcomeUnknown    the answer was lost: the batch may have been committed
"""


class EventStoreError(Exception):
    """Root of the write side's errors."""


class ConcurrencyConflict(EventStoreError):
    """Other commands won every attempt."""

    def __init__(self, stream: str, attempts: int) -> None:
        super().__init__(
            f"'{stream}' was changed by others during each of {attempts} attempts; "
            "nothing was stored: try again."
        )


class VersionMismatch(EventStoreError):
    """The aggregate's version is not the one that the caller expects; `current` is."""

    def __init__(self, stream: str, expected: int, current: int) -> None:
        super().__init__(f"'{stream}' has version {current}, not {expected}.")
        self.current = current


class IdempotencyKeyReused(EventStoreError):
    """The same command id for the same aggregate came with another command or payload."""

    def __init__(self, stream: str) -> None:
        super().__init__(
            f"This key already stands for another command, or another payload, on '{stream}': "
            "use a new key for a new command."
        )


class EventTooLarge(EventStoreError):
    """What a command would store is more than an event, a message or a batch can carry."""


class StoreUnavailable(EventStoreError):
    """Cosmos DB did not do the work. `retry_after` is in seconds."""

    def __init__(self, detail: str, retry_after: float = 1.0) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class BlobMissing(StoreUnavailable):
    """A stub names a blob that is not there: it was removed, or the archive is another one."""


class UnreadableEvent(EventStoreError):
    """An event type or schema version that is newer than the code, or was never registered."""


class DamagedEvent(UnreadableEvent):
    """A stored event that does not have the shape that it says it has. A newer version of the code
    would not read it either."""


class AppendFailed(EventStoreError):
    """An append that did not succeed, for a reason that the command handler resolves.

    `attempted` is the hash of the first event that should have been stored: when the stream has it, the
    batch was committed all the same.
    """

    attempted: str | None = None


class VersionTaken(AppendFailed):
    """A document of this version or of this command is there already (409)."""


class HeadAhead(AppendFailed):
    """The event that the append follows is not in the stream (404 on the batch's read)."""


class OutcomeUnknown(AppendFailed):
    """The connection broke or timed out after the batch was sent."""

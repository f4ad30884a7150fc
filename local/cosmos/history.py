"""What the last transactions changed, so that a read can be answered from before them."""

from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from local.cosmos.documents import Row

KEPT_TRANSACTIONS: Final = 256


@dataclass
class Change:
    """One transaction: the rows as they were before it, by partition key and id."""

    lsn: int
    before: dict[tuple[str, str], Row | None] = field(default_factory=dict)


class History:
    """The last transactions of each container, in memory only."""

    def __init__(self) -> None:
        self._changes: defaultdict[int, deque[Change]] = defaultdict(
            lambda: deque(maxlen=KEPT_TRANSACTIONS)
        )

    def record(self, container: int, change: Change) -> None:
        self._changes[container].append(change)

    def last(
        self, container: int, partition_key: str | None, transactions: int, seen: int
    ) -> list[Change]:
        """The newest transactions (of a partition), newest first, without any up to lsn `seen`."""
        return list(islice(self._touching(container, partition_key, seen), transactions))

    def _touching(self, container: int, partition_key: str | None, seen: int) -> Iterator[Change]:
        for change in reversed(self._changes[container]):
            keys = {key for key, _ in change.before}
            if change.lsn > seen and (partition_key is None or partition_key in keys):
                yield change

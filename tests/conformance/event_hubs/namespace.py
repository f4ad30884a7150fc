"""What the suite runs against: a namespace, a hub in it, and how a test talks to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from azure.eventhub import EventData

# How long a receive may take in all; a real namespace needs a few seconds to open a link.
PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace with one hub of at least two partitions, by default the local server's."""

    connection_string: str
    hub: str


@dataclass(frozen=True, slots=True)
class Start:
    """Where to start in a partition: sequence number, offset, time or `@latest`."""

    position: int | str | datetime
    inclusive: bool = False


class Client(Protocol):
    """The Python SDK, its sync and its aio half alike."""

    async def hub_properties(self, hub: str | None = None) -> dict[str, Any]: ...

    async def partition_properties(self, partition: str) -> dict[str, Any]: ...

    async def send(
        self, events: Sequence[EventData], *, partition: str | None = None, key: str | None = None
    ) -> None:
        """Send as one batch."""
        ...

    async def receive(
        self, partition: str, start: Start, count: int, *, owner_level: int | None = None
    ) -> list[EventData]:
        """The next `count` events of a partition, read by `$Default`."""
        ...

    async def close(self) -> None: ...

"""An event hub that keeps what it is sent, unless it is away."""

from collections.abc import Sequence

from event_store.publisher import HubPublisher, Outgoing


class FakeHub(HubPublisher):
    """A publisher of its own kind, without a client; `sent` has streams and versions."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, int]] = []
        self.away = False

    async def publish(self, events: Sequence[Outgoing]) -> None:
        if self.away:
            raise ExceptionGroup("not accepted", [ConnectionError("injected")])
        self.sent += [(one.event["aggregateId"], one.event["version"]) for one in events]

    async def ping(self) -> None:
        if self.away:
            raise ConnectionError("injected")

"""Faults on demand, so that a test can see what a client does when sends go wrong."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reject:
    """Nothing is stored; the disposition is rejected with this condition."""

    condition: str


@dataclass(frozen=True, slots=True)
class DropBeforeStore:
    """Nothing is stored; the connection is cut."""


@dataclass(frozen=True, slots=True)
class DropAfterStore:
    """The events are stored; the connection is cut before the client learns of it."""


@dataclass(frozen=True, slots=True)
class Delay:
    """The events are stored; the disposition comes this much later."""

    seconds: float


type Fault = Reject | DropBeforeStore | DropAfterStore | Delay


@dataclass(slots=True)
class _Armed:
    hub: str
    partition: int | None
    remaining: int
    fault: Fault


class Faults:
    """Armed faults, each for the next `times` sends to a hub, or to one of its partitions. First armed, first used."""

    def __init__(self) -> None:
        self._armed: list[_Armed] = []

    def reject_sends(
        self,
        *,
        hub: str,
        partition: int | None = None,
        times: int = 1,
        condition: str = "com.microsoft:server-busy",
    ) -> None:
        """Reject sends with an AMQP error condition."""
        self._arm(hub, partition, times, Reject(condition))

    def drop_before_store(self, *, hub: str, partition: int | None = None, times: int = 1) -> None:
        """Cut the connection in place of storing."""
        self._arm(hub, partition, times, DropBeforeStore())

    def drop_after_store(self, *, hub: str, partition: int | None = None, times: int = 1) -> None:
        """Store, then cut the connection in place of the disposition."""
        self._arm(hub, partition, times, DropAfterStore())

    def delay(
        self, *, hub: str, seconds: float, partition: int | None = None, times: int = 1
    ) -> None:
        """Store, and settle only after a while."""
        self._arm(hub, partition, times, Delay(seconds))

    def clear(self) -> None:
        self._armed.clear()

    def take(self, hub: str, partition: int) -> Fault | None:
        """The fault that the next send to a partition must suffer, used up once."""
        for armed in self._armed:
            if armed.hub == hub.lower() and armed.partition in (None, partition):
                armed.remaining -= 1
                if armed.remaining <= 0:
                    self._armed.remove(armed)
                return armed.fault
        return None

    def _arm(self, hub: str, partition: int | None, times: int, fault: Fault) -> None:
        self._armed.append(_Armed(hub.lower(), partition, times, fault))

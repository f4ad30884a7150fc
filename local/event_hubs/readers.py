"""Who may read a partition: five readers of a consumer group at once, or one that owns it by its epoch."""

from typing import Protocol

from local.event_hubs.amqp.errors import LINK_STOLEN, RESOURCE_LIMIT_EXCEEDED, LinkFault

# Quotas of the service: "Exceeded the maximum number of allowed receivers per partition in a consumer group".
MAX_READERS = 5


class Reader(Protocol):
    """A link that reads a partition."""

    @property
    def epoch(self) -> int | None:
        """The owner level; None for a reader that shares."""
        ...

    @property
    def position(self) -> int:
        """The sequence number of the last event that it was sent, or after which it begins."""
        ...

    def displace(self, description: str) -> None:
        """Detach the link: another reader owns the partition now."""
        ...


class Readers:
    """The readers of one partition, by consumer group."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._groups: dict[str, list[Reader]] = {}

    def admit(self, group: str, reader: Reader) -> None:
        """Let a reader in, displacing those that its epoch outranks.

        Raises LinkFault when an owner with a higher epoch is there, or five readers are.
        """
        present = self._groups.setdefault(group, [])
        self._check_rank(group, present, reader)
        if reader.epoch is not None:
            self._displace_all(group, reader.epoch)
        elif len(present) >= MAX_READERS:
            raise LinkFault(
                RESOURCE_LIMIT_EXCEEDED,
                "Exceeded the maximum number of allowed receivers per partition in a consumer group "
                f"which is {MAX_READERS}: {self._place}, consumer group '{group}'.",
            )
        self._groups[group].append(reader)

    def positions(self, group: str) -> list[int]:
        """How far the readers of a group are that are there now."""
        return [reader.position for reader in self._groups.get(group, ())]

    def leave(self, group: str, reader: Reader) -> None:
        """Forget a reader; one that was displaced is forgotten already."""
        present = self._groups.get(group, [])
        if reader in present:
            present.remove(reader)

    def _check_rank(self, group: str, present: list[Reader], reader: Reader) -> None:
        owner = max((other.epoch for other in present if other.epoch is not None), default=None)
        if owner is None or (reader.epoch is not None and reader.epoch >= owner):
            return
        asked = "without an epoch" if reader.epoch is None else f"with epoch '{reader.epoch}'"
        raise LinkFault(
            LINK_STOLEN,
            f"A receiver with epoch '{owner}' owns {self._place}, consumer group '{group}': "
            f"a receiver {asked} is not allowed. Reconnect with a higher epoch.",
        )

    def _displace_all(self, group: str, epoch: int) -> None:
        displaced, self._groups[group] = self._groups[group], []
        for reader in displaced:
            reader.displace(
                f"New receiver with higher epoch of '{epoch}' is created hence current receiver "
                "is getting disconnected."
            )

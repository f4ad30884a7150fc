"""What a hub is to be: the declaration that a server is started with."""

from collections.abc import Sequence
from dataclasses import dataclass

DEFAULT_GROUP = "$Default"


@dataclass(frozen=True, slots=True)
class HubSpec:
    """A hub; the consumer group `$Default` exists without being named."""

    name: str
    partitions: int = 4
    consumer_groups: Sequence[str] = ()
    retention_hours: float = 168

    def __post_init__(self) -> None:
        if not self.name or "/" in self.name:
            raise ValueError(f"a hub's name is not empty and holds no '/': {self.name!r}")
        if not 1 <= self.partitions <= 1024:
            raise ValueError(
                f"hub '{self.name}': partitions must be 1 to 1024, not {self.partitions}"
            )
        if self.retention_hours <= 0:
            raise ValueError(
                f"hub '{self.name}': retention_hours must be above 0, not {self.retention_hours}"
            )

    @property
    def all_groups(self) -> tuple[str, ...]:
        """The declared groups and `$Default`, each once."""
        return tuple(dict.fromkeys((DEFAULT_GROUP, *self.consumer_groups)))

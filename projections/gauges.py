"""What is measured every minute: how far projections are behind, what waits for people, how large the store is."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from event_store.cosmos_errors import translated
from event_store.settling import settle
from projections.dead_letters import DeadLetters
from projections.lag import LagMeter
from projections.projection import Projection
from telemetry import metrics

if TYPE_CHECKING:
    from azure.cosmos.aio import ContainerProxy

USAGE: Final = "x-ms-resource-usage"


class Gauges:
    """Measures with few requests: the end of the feed is read once for all projections."""

    def __init__(
        self, events: "ContainerProxy", lag_meter: LagMeter, dead_letters: DeadLetters
    ) -> None:
        self._events = events
        self._lag_meter = lag_meter
        self._dead_letters = dead_letters

    async def measure(self, projections: Sequence[Projection]) -> None:
        """Raises an ExceptionGroup when something could not be measured; the rest was."""
        await settle(
            "some gauges could not be read",
            (self._lags(projections), self._letters(projections), self._size()),
        )

    async def _lags(self, projections: Iterable[Projection]) -> None:
        for name, lag in (await self._lag_meter.measure_all(projections)).items():
            metrics.lag_measured(name, lag.seconds)

    async def _letters(self, projections: Iterable[Projection]) -> None:
        """Parked aggregates stand under their projection, messages under their consumer group."""
        names = {name for one in projections for name in (one.name, one.group)}
        for name in sorted(names):
            letters = sum([1 async for _ in self._dead_letters.of(name)])
            metrics.dead_letters_counted(name, letters)

    async def _size(self) -> None:
        """Cosmos DB tells with a container how much of it is used."""
        answered: list[Mapping[str, str]] = []

        def keep(headers: Mapping[str, str], _: Any) -> None:
            answered.append(headers)

        with translated("read the size of the event store"):
            await self._events.read(populate_quota_info=True, response_hook=keep)
        if (size := documents_size(answered[-1].get(USAGE, ""))) is not None:
            metrics.size_measured(size)


def documents_size(usage: str) -> int | None:
    """The bytes of a container's documents: `documentsSize`, which is in KB ("Get a collection", Azure
    Cosmos DB REST API)."""
    figures = dict(part.partition("=")[::2] for part in usage.split(";"))
    size = figures.get("documentsSize", "")
    return 1024 * int(size) if size.isdigit() else None

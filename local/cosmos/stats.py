"""Counts of requests and request units, for tests and benchmarks."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

type RequestKind = Literal[
    "point_read",
    "query",
    "create",
    "upsert",
    "replace",
    "patch",
    "delete",
    "batch",
    "change_feed",
    "metadata",
]

_KINDS: Final = get_args(RequestKind.__value__)


@dataclass
class _Tally:
    requests: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_KINDS, 0))
    units: dict[str, float] = field(default_factory=lambda: dict.fromkeys(_KINDS, 0.0))

    def add(self, kind: RequestKind, units: float) -> None:
        self.requests[kind] += 1
        self.units[kind] += units

    def snapshot(self) -> dict[str, Any]:
        return {
            "requests": dict(self.requests),
            "request_units": round(sum(self.units.values()), 2),
        }


class Stats:
    """In sum and per container; request units are modelled, not measured."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._total = _Tally()
        self._containers: defaultdict[str, _Tally] = defaultdict(_Tally)

    def add(self, kind: RequestKind, container: str | None, units: float) -> None:
        self._total.add(kind, units)
        if container is not None:
            self._containers[container].add(kind, units)

    def snapshot(self) -> dict[str, Any]:
        """`{"modelled": true, "requests": {kind: count}, "request_units": sum, "containers":
        {name: {"requests": …, "request_units": …}}}`."""
        containers = {name: tally.snapshot() for name, tally in self._containers.items()}
        return {"modelled": True, **self._total.snapshot(), "containers": containers}

    def request_units(self) -> float:
        """What everything cost, requests that are about no container included."""
        return round(sum(self._total.units.values()), 2)

    def operations(self, container: str) -> dict[str, tuple[int, float]]:
        """Per kind of request that was made of a container, how often and for how many request units."""
        tally = self._containers.get(container, _Tally())
        made = {kind: count for kind, count in tally.requests.items() if count}
        return {kind: (count, round(tally.units[kind], 2)) for kind, count in made.items()}

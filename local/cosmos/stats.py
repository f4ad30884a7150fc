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
    request_units: float = 0.0

    def add(self, kind: RequestKind, units: float) -> None:
        self.requests[kind] += 1
        self.request_units += units

    def snapshot(self) -> dict[str, Any]:
        return {"requests": dict(self.requests), "request_units": round(self.request_units, 2)}


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

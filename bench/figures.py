"""What a benchmark measures: a value beside another one of the same run, and what is aimed at."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec


class Aim(msgspec.Struct, frozen=True):
    """A limit for a figure's ratio, or for its value. Nothing fails when it is missed: it is shown."""

    bound: Literal["at most", "at least"]
    limit: float
    of: Literal["ratio", "value"] = "ratio"

    def is_met(self, figure: "Figure") -> bool:
        reached = figure.ratio if self.of == "ratio" else figure.value
        return reached <= self.limit if self.bound == "at most" else reached >= self.limit


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A measured value, and the one of the same unit and the same run that it is held against."""

    what: str
    value: float
    unit: str
    beside: str
    beside_value: float
    aims: tuple[Aim, ...] = ()

    @property
    def ratio(self) -> float:
        return self.value / self.beside_value

    @property
    def is_met(self) -> bool | None:
        """Whether every aim is met; None where there is none."""
        return all(aim.is_met(self) for aim in self.aims) if self.aims else None


class Effort(msgspec.Struct, frozen=True):
    """How long to measure: in full, or `quick` for a first impression."""

    quick: bool = False

    def of(self, full: int, quick: int) -> int:
        return quick if self.quick else full


@dataclass(frozen=True)
class Benchmark:
    """One question to the code. `run` gives its figures."""

    name: str
    title: str
    run: Callable[[Effort], Coroutine[Any, Any, Sequence[Figure]]]


def at_most(limit: float, of: Literal["ratio", "value"] = "ratio") -> Aim:
    return Aim("at most", limit, of)


def at_least(limit: float, of: Literal["ratio", "value"] = "ratio") -> Aim:
    return Aim("at least", limit, of)

"""Faults that a test asks for: throttling, dropped connections, stale reads."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from local.cosmos.errors import THROTTLED, ServiceError
from local.cosmos.stats import RequestKind
from local.cosmos.wire import Request

type Effect = Literal["throttle", "drop_before", "drop_after", "stale_read"]


class ConnectionDropped(Exception):
    """The door must end the connection without an answer."""


@dataclass(frozen=True)
class On:
    """Which requests a fault strikes: all that agree with everything given.

    `operation` is a kind of the statistics (`point_read`, `query`, `create`, `batch`, …),
    `container` a container's name, `when` any test of the request.
    """

    operation: RequestKind | None = None
    container: str | None = None
    when: Callable[[Request], bool] | None = None

    def matches(self, request: Request, kind: RequestKind, container: str | None) -> bool:
        return (
            self.operation in (None, kind)
            and self.container in (None, container)
            and (self.when is None or self.when(request))
        )


@dataclass
class Fault:
    """A registered fault: how often it has struck and will strike (None: always)."""

    effect: Effect
    on: On
    left: int | None
    retry_after_ms: int = 0
    transactions: int = 1
    hits: int = field(default=0)

    def strike(self) -> None:
        self.hits += 1
        if self.left is not None:
            self.left -= 1


class Faults:
    """The faults in force; the first that matches a request strikes."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def throttle(
        self, on: On | None = None, *, times: int | None = 1, retry_after_ms: int = 10
    ) -> Fault:
        """Answer 429 with `x-ms-retry-after-ms`; nothing is done."""
        return self._register(Fault("throttle", on or On(), times, retry_after_ms=retry_after_ms))

    def drop_before(self, on: On | None = None, *, times: int | None = 1) -> Fault:
        """End the connection before anything is done."""
        return self._register(Fault("drop_before", on or On(), times))

    def drop_after(self, on: On | None = None, *, times: int | None = 1) -> Fault:
        """Do and commit the work, then end the connection without an answer."""
        return self._register(Fault("drop_after", on or On(), times))

    def stale_reads(
        self, on: On | None = None, *, times: int | None = None, transactions: int = 1
    ) -> Fault:
        """Answer reads and queries that are weaker than bounded staleness, and that no session token
        forbids, from before the last transactions of their partition."""
        return self._register(Fault("stale_read", on or On(), times, transactions=transactions))

    def clear(self) -> None:
        self._faults.clear()

    def _register(self, fault: Fault) -> Fault:
        self._faults.append(fault)
        return fault

    def take(
        self, effect: Effect, request: Request, kind: RequestKind, container: str | None
    ) -> Fault | None:
        """The fault of this effect that strikes the request, counted."""
        for fault in self._faults:
            in_force = fault.effect == effect and fault.left != 0
            if in_force and fault.on.matches(request, kind, container):
                fault.strike()
                return fault
        return None

    def before(self, request: Request, kind: RequestKind, container: str | None) -> None:
        """Raise what comes in place of the work: 429 or a dropped connection."""
        if (fault := self.take("throttle", request, kind, container)) is not None:
            raise ServiceError(
                429,
                "The request rate is too large. Please retry after sometime.",
                substatus=THROTTLED,
                headers={"x-ms-retry-after-ms": str(fault.retry_after_ms)},
            )
        if self.take("drop_before", request, kind, container) is not None:
            raise ConnectionDropped

    def after(self, request: Request, kind: RequestKind, container: str | None) -> None:
        """Raise what comes in place of the answer."""
        if self.take("drop_after", request, kind, container) is not None:
            raise ConnectionDropped

"""Retry policies of Cosmos DB, Event Hubs and timer triggers, and how long each waits."""

from collections.abc import Callable
from dataclasses import dataclass

type Jitter = Callable[[float, float], float]
"""A draw from between two bounds, as `random.uniform`."""


@dataclass(frozen=True, slots=True)
class FixedDelay:
    """The same pause before every retry; `max_retries` None is for ever. Seconds."""

    max_retries: int | None
    interval: float

    def delay(self, retry: int, jitter: Jitter) -> float:
        """Seconds to wait before retry number `retry`, counted from one."""
        return self.interval


@dataclass(frozen=True, slots=True)
class ExponentialBackoff:
    """Pauses that double between a minimum and a maximum; `max_retries` None is for ever."""

    max_retries: int | None
    minimum: float
    maximum: float

    def delay(self, retry: int, jitter: Jitter) -> float:
        """Seconds before retry n: the minimum, then minimum + minimum * 2^(n-2) * U, capped."""
        if retry == 1:
            return min(self.minimum, self.maximum)
        doubling = 2.0 ** min(retry - 2, 64)
        return min(self.maximum, self.minimum * (1 + doubling * jitter(0.8, 1.2)))


type RetryPolicy = FixedDelay | ExponentialBackoff


def attempts_left(policy: RetryPolicy | None, retries_done: int) -> bool:
    """Whether a run that failed after `retries_done` retries is tried again."""
    if policy is None:
        return False
    return policy.max_retries is None or retries_done < policy.max_retries

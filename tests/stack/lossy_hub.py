"""Delivery at its worst: events are lost, repeated, delayed, and come in any order."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import batched
from random import Random
from typing import Any, Final

from domain.events import Recorded
from projections.arrivals import seen
from projections.projection import Projection

BATCH: Final = 100
"""As many events as the trigger hands over at once (host.json)."""
COPIES: Final = {0: 10, 1: 75, 2: 15}
"""Of a hundred events so many come never, once and twice."""
DELAYS: Final = {0: 80, 1: 10, 2: 5, 4: 5}
"""Of a hundred copies so many come so many rounds late."""


class LossyHub:
    """The hub as one projection's group sees it. `lost` are the events that never come."""

    def __init__(self, random: Random, projection: Projection) -> None:
        self.projection = projection
        self.lost: list[Recorded[Any]] = []
        self._random = random
        self._due: defaultdict[int, list[Recorded[Any]]] = defaultdict(list)

    def accept(self, now: int, events: Iterable[Recorded[Any]]) -> None:
        """Takes what was appended in a round."""
        for event in seen(self.projection, events):
            copies = self._drawn(COPIES)
            if not copies:
                self.lost.append(event)
            for _ in range(copies):
                self._due[now + self._drawn(DELAYS)].append(event)

    def batches(self, now: int) -> list[Sequence[Recorded[Any]]]:
        """What is due up to a round, in any order."""
        due = [event for late in sorted(self._due) if late <= now for event in self._due.pop(late)]
        self._random.shuffle(due)
        return list(batched(due, BATCH, strict=False))

    def _drawn(self, weights: dict[int, int]) -> int:
        return self._random.choices(list(weights), list(weights.values()))[0]

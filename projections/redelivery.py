"""What reactions could not deliver, tried again from time to time: a receiver that is back tells nobody."""

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import batched
from typing import Final

from event_store.settling import settle
from projections.dead_letters import DeadLetter, DeadLetters
from projections.projection import Projection, Reaction
from projections.replay import Replayer, UnknownDeadLetter

AT_ONCE: Final = 16


class Redelivery:
    """Replays the parked aggregates of reactions."""

    def __init__(
        self,
        projections: Iterable[Projection],
        dead_letters: DeadLetters,
        replayer: Replayer,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reactions = [p for p in projections if isinstance(p, Reaction)]
        self._dead_letters = dead_letters
        self._replayer = replayer
        self._clock = clock

    async def run(self, seconds: float) -> None:
        """Goes through them, the longest parked first, for so many seconds at most, and ends where
        nothing heals: what failed again is parked anew, and last next time.

        Raises an ExceptionGroup when some could not be tried.
        """
        until = self._clock() + seconds
        for reaction in self._reactions:
            letters = [letter async for letter in self._dead_letters.of(reaction.name)]
            parked = [letter for letter in letters if letter.kind == "parked"]
            for some in batched(parked, AT_ONCE, strict=False):
                if not await self._healed(some) or self._clock() >= until:
                    break

    async def _healed(self, letters: Sequence[DeadLetter]) -> int:
        """How many of some healed."""
        healed: list[str] = []

        async def replay(letter: DeadLetter) -> None:
            with suppress(UnknownDeadLetter):
                if await self._replayer.replay(letter.id):
                    healed.append(letter.id)

        await settle("could not be delivered again", map(replay, letters))
        return len(healed)

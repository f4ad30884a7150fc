"""A process that is killed time and again, at one of its next writes, and started again."""

from collections.abc import Awaitable, Callable
from random import Random

from event_store.settling import Interrupted
from tests.stack.dying import Death, Died, When
from wiring import Application

type Start = Callable[[Death], Awaitable[Application]]
type Work = Callable[[Application], Awaitable[None]]


class Mortal:
    """`start` makes a new instance, to which the death comes with one of its first `writes` writes."""

    def __init__(self, start: Start, random: Random, writes: int) -> None:
        self._start = start
        self._random = random
        self._writes = writes
        self._process: Application | None = None
        self._death = Death()
        self.deaths = 0

    async def survives(self, work: Work) -> bool:
        """Does some work, in a new process if the last one died; whether it lived through it.

        What fails for another reason than death is raised.
        """
        process = await self._running()
        try:
            await work(process)
        except Died:
            pass
        except ExceptionGroup as group:
            if not self._death.came or group.split(Interrupted)[1]:
                raise
        if self._death.came:
            self._process = None
            self.deaths += 1
        return not self._death.came

    async def _running(self) -> Application:
        if self._process is None:
            when: When = self._random.choice(("before", "after"))
            self._death = Death(self._random.randint(1, self._writes), when)
            self._process = await self._start(self._death)
        return self._process

"""A process that dies: from one of its writes on, nothing that it sends arrives."""

from dataclasses import dataclass
from random import Random
from typing import Any, Literal

from azure.core.pipeline.transport import HttpRequest

from local.cosmos import Cosmos
from local.cosmos.in_process import InProcessResponse
from tests.stack.transport import Interleaving, is_write

type When = Literal["before", "after"]


class Died(BaseException):
    """The process is gone: nothing in it may go on."""


@dataclass
class Death:
    """Comes with the n-th write (from 1), before or after Cosmos DB did it; never where `at` is None.

    `writes` counts the writes that were tried.
    """

    at: int | None = None
    when: When = "before"
    writes: int = 0

    @property
    def came(self) -> bool:
        return self.at is not None and self.writes >= self.at


class Dying(Interleaving):
    """The transport of a process with a death before it."""

    def __init__(self, cosmos: Cosmos, random: Random, *, death: Death) -> None:
        super().__init__(cosmos, random)
        self._death = death

    async def send(self, request: HttpRequest, **options: Any) -> InProcessResponse:
        if self._death.came:
            raise Died
        self._death.writes += is_write(request)
        if self._death.came:
            if self._death.when == "after":
                await super().send(request, **options)
            raise Died
        response = await super().send(request, **options)
        if self._death.came:
            raise Died
        return response

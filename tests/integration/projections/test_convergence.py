"""Thousands of random commands, delivered as badly as can be, while every process is killed again and again
and read models are rebuilt: in the end each of them is the fold of the event log, to the cent."""

import asyncio
from collections import defaultdict
from contextlib import suppress
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any, Final
from uuid import uuid4

import pytest
from hypothesis import settings

from domain.aggregate import DomainError
from domain.events import Recorded
from domain.order import OrderCancelled, OrderPlaced
from projections.audit_log import AUDIT_LOG
from projections.order_read_model import ORDER_READ_MODEL
from projections.order_search import ORDER_SEARCH
from projections.projection import Projection, View
from projections.reconcile import Reconcile
from projections.sales_report import DAY, SALES_REPORT
from tests.integration.projections.rebuilding import PAUSE, Clock, generations, instance, rebuilt
from tests.stack import folds
from tests.stack.commanding import execute
from tests.stack.in_process import ENVIRONMENT, Account
from tests.stack.in_process import account as open_account
from tests.stack.log import Streams
from tests.stack.lossy_hub import DELAYS, LossyHub
from tests.stack.mortal import Mortal, Work
from tests.stack.random_history import RandomHistory
from tests.stack.sums import Sums
from wiring import Application

COMMANDS: Final = 2000
AT_A_TIME: Final = 200
ROUNDS: Final = COMMANDS // AT_A_TIME
REBUILD_FROM: Final = ROUNDS // 2
"""By then reconcile has left much of the log behind it, and will not mend what a rebuild leaves out."""
RECONCILE_EVERY: Final = 4
LIVES: Final = 6
"""Processes that take a rebuild or reconcile on in one round, each when the one before died."""
PAGE: Final = 100
REBUILT: Final = ((AUDIT_LOG, ORDER_SEARCH), (SALES_REPORT, ORDER_READ_MODEL))
"""What is rebuilt in the midst of it, by turns."""


class Havoc:
    """A shop at work for so many rounds, and nothing that serves it lives long.

    `told` is what callers were told of events, by stream.
    """

    def __init__(self, account: Account, seed: int, rebuilding: tuple[Projection, ...]) -> None:
        self.clock = Clock()
        self.told: Streams = defaultdict(list)
        start = partial(instance, account, self.clock, page_size=PAGE)

        def mortal(role: str, writes: int) -> Mortal:
            return Mortal(start, Random(f"{seed} {role}"), writes)

        self.caller = mortal("caller", 800)
        self.reconciler = mortal("reconciler", 150)
        self.rebuilders = {p.name: mortal(f"{p.name} rebuilt", 3 * _life(p)) for p in rebuilding}
        self.projectors = {p.name: mortal(p.name, _life(p)) for p in folds.READ_MODELS}
        self.hubs = [LossyHub(Random(f"{seed} {p.name}"), p) for p in folds.READ_MODELS]
        self._rebuilding = rebuilding
        self._random = Random(seed)
        self._history = RandomHistory(Random(seed))

    async def run(self) -> None:
        for now in range(ROUNDS):
            async with asyncio.TaskGroup() as group:
                asking = group.create_task(self._ask())
                for hub in self.hubs:
                    group.create_task(self._deliver(hub, now))
                if now >= REBUILD_FROM:
                    for projection in self._rebuilding:
                        group.create_task(self._rebuild(projection))
                if not (now + 1) % RECONCILE_EVERY:
                    group.create_task(self._reconcile())
            for hub in self.hubs:
                hub.accept(now + 1, asking.result())
            self.clock.now += PAUSE / 4
        for hub in self.hubs:
            await self._deliver(hub, ROUNDS + max(DELAYS))

    async def _ask(self) -> list[Recorded[Any]]:
        """A round's commands, one after another; the events that they led to."""
        events = [event for _ in range(AT_A_TIME) for event in await self._answered()]
        for event in events:
            self.told[event.aggregate_id].append(event)
        return events

    async def _answered(self) -> list[Recorded[Any]]:
        """One command, asked under its key until it is answered; its events, none if it is refused."""
        asked, key = self._history.ask(), str(uuid4())
        events: list[Recorded[Any]] = []

        async def ask(process: Application) -> None:
            with suppress(DomainError):
                events.extend((await execute(process, *asked, key)).events)

        while not await self.caller.survives(ask):
            pass
        return events

    async def _deliver(self, hub: LossyHub, now: int) -> None:
        """What is due. A batch with which its process dies comes again, or never."""
        projector = self.projectors[hub.projection.name]
        for batch in hub.batches(now):

            async def catch_up(process: Application, batch: Any = batch) -> None:
                await process.engine.catch_up(hub.projection, batch)

            while not await projector.survives(catch_up) and self._random.random() < 0.5:
                pass

    async def _rebuild(self, projection: Projection) -> None:
        """The next step of a rebuild, which is begun where there is none."""

        async def step(process: Application) -> None:
            if await process.rebuilder.step(projection, seconds=60) is None:
                await process.rebuilder.start(projection, workers=2)

        await _take_on(self.rebuilders[projection.name], step)

    async def _reconcile(self) -> None:
        await _take_on(self.reconciler, reconcile)


async def _take_on(mortal: Mortal, work: Work) -> None:
    for _ in range(LIVES):
        if await mortal.survives(work):
            return


def _life(projection: Projection) -> int:
    """Writes of which one kills a process: fewer where one write holds many aggregates."""
    return 20 if isinstance(projection, View) and projection.sharded else 80


async def reconcile(process: Application) -> None:
    """Without the time that it usually leaves to live delivery."""
    parts = (process.feed_reader, process.positions, process.codec, process.engine)
    await Reconcile(*parts, process.undelivered, behind_seconds=0).run(
        folds.READ_MODELS, seconds=600
    )


@pytest.mark.parametrize("seed", range(1, 1 + max(1, settings().max_examples // 200)))
async def test_every_read_model_is_the_fold_of_the_log_whatever_was_lost(
    seed: int,
) -> None:
    """With `HYPOTHESIS_PROFILE=thorough` from ten seeds."""
    rebuilding = REBUILT[seed % len(REBUILT)]
    async with open_account() as account:
        havoc = Havoc(account, seed, rebuilding)
        await havoc.run()
        application = await instance(account, havoc.clock, page_size=PAGE)
        database = application.cosmos.get_database_client(ENVIRONMENT["COSMOS_DATABASE"])
        log = await folds.log(database, application.codec)
        assert log == havoc.told, "callers were told what is stored, and nothing else is"
        _assert_it_was_havoc(havoc, log)
        for projection in rebuilding:
            pointer = await application.generations.read(projection)
            assert pointer.live > 1, "it was rebuilt in the midst of all that"
            assert await rebuilt(application, projection, havoc.clock) == "done"
            assert await generations(account, projection) == {str(pointer.live)}
        await reconcile(application)
        held = await folds.stored(database)
        assert held == folds.folded(log)
        assert await account.documents("deadletters") == []
        _, sums = held[SALES_REPORT.name]
        assert _revenue_of(sums) == _revenue_in(log)


def _assert_it_was_havoc(havoc: Havoc, log: Streams) -> None:
    assert sum(map(len, log.values())) > 0.8 * COMMANDS
    for hub in havoc.hubs:
        assert len(hub.lost) > 20
        last = [event for event in hub.lost if event.version == len(log[event.aggregate_id])]
        assert last, f"{hub.projection.name} lost no last event"
    for mortal in (havoc.caller, havoc.reconciler, *havoc.projectors.values()):
        assert mortal.deaths > 0
    assert any(mortal.deaths > 0 for mortal in havoc.rebuilders.values())


def _revenue_of(sums: Sums) -> dict[tuple[str, str], Decimal]:
    """What a report says that was sold and cancelled, by currency."""
    revenue: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for (by, _, _, currency), figures in sums.items():
        if by == DAY:
            for name in ("revenue", "cancelledRevenue"):
                revenue[name, currency] += figures.get(name, Decimal(0))
    return dict(revenue)


def _revenue_in(log: Streams) -> dict[tuple[str, str], Decimal]:
    """The same by the totals that the orders themselves name, without any projection."""
    revenue: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for first, *others in log.values():
        if isinstance(first.data, OrderPlaced):
            cancelled = any(isinstance(other.data, OrderCancelled) for other in others)
            for name, counts in (("revenue", True), ("cancelledRevenue", cancelled)):
                revenue[name, first.data.currency] += first.data.total_amount * counts
    return dict(revenue)

"""How long read models take to agree with the log after a random history of which delivery lost much."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from random import Random
from typing import Any, Final

from azure.cosmos.aio import DatabaseProxy

from bench.figures import Effort, Figure
from domain.aggregate import DomainError
from domain.events import Recorded
from ops.in_process import disconnected_application, in_process_cosmos
from ops.resources import DATABASE
from projections.projection import Projection
from tests.fakes.hub import FakeHub
from tests.stack import folds
from tests.stack.commanding import execute
from tests.stack.lossy_hub import COPIES, DELAYS, LossyHub
from tests.stack.random_history import RandomHistory
from wiring import Application

SEED: Final = 1
AT_A_TIME: Final = 100
"""Commands of a round; meanwhile what was appended in earlier ones is delivered."""
RECONCILE_EVERY: Final = 4
"""Rounds: as the timer does it, while commands go on. The last time is as many rounds before the end."""
STEP_SECONDS: Final = 600.0
"""More than a rebuild takes: it is one step."""


class DidNotConverge(Exception):
    """A read model is not the fold of the log."""


async def run(effort: Effort) -> list[Figure]:
    """In one process with Cosmos DB: its work, without a network's delays and a timer's pauses."""
    rounds = effort.of(20, 6)
    async with in_process_cosmos() as (_, client):
        application = disconnected_application(RECONCILE_BEHIND_SECONDS="0")
        application.cosmos, application.publisher = client, FakeHub()
        database = client.get_database_client(DATABASE)
        hubs = [LossyHub(Random(SEED), projection) for projection in folds.READ_MODELS]
        await _live(application, hubs, rounds)
        converging = await _converging(application, hubs, rounds)
        await _check(database)
        rebuilding = await _rebuilding(application)
        await _check(database)
    lost, doubled = COPIES[0], COPIES[2]
    return [
        Figure(
            what=f"from the last of {rounds * AT_A_TIME:,} commands until all read models are right, "
            f"{lost} % of deliveries lost, {doubled} % doubled",
            value=converging,
            unit="s",
            beside="a rebuild of all of them",
            beside_value=rebuilding,
        )
    ]


async def _live(application: Application, hubs: Sequence[LossyHub], rounds: int) -> None:
    """The commands, and beside them what the read side does."""
    history = RandomHistory(Random(SEED))
    for now in range(rounds):
        async with asyncio.TaskGroup() as group:
            asking = group.create_task(_ask(application, history))
            for hub in hubs:
                group.create_task(_deliver(application, hub, now))
            if now and not now % RECONCILE_EVERY:
                group.create_task(_reconcile(application))
        for hub in hubs:
            hub.accept(now + 1, asking.result())


async def _ask(application: Application, history: RandomHistory) -> list[Recorded[Any]]:
    """A round's commands; the events of those that are not refused."""
    events: list[Recorded[Any]] = []
    for _ in range(AT_A_TIME):
        with suppress(DomainError):
            events += (await execute(application, *history.ask())).events
    return events


async def _deliver(application: Application, hub: LossyHub, now: int) -> None:
    for batch in hub.batches(now):
        await application.engine.catch_up(hub.projection, batch)


async def _reconcile(application: Application) -> None:
    await application.reconcile.run(folds.READ_MODELS, STEP_SECONDS)


async def _converging(application: Application, hubs: Sequence[LossyHub], rounds: int) -> float:
    """Seconds for what is still to be delivered, and then for what never will be."""
    begun = time.perf_counter()
    last = rounds + max(DELAYS)
    await asyncio.gather(*(_deliver(application, hub, last) for hub in hubs))
    await _reconcile(application)
    return time.perf_counter() - begun


async def _rebuilding(application: Application) -> float:
    """Seconds until all read models are built anew, side by side."""

    async def rebuild(projection: Projection) -> None:
        state = await application.rebuilder.start(projection)
        while state.phase == "running":
            state = await application.rebuilder.step(projection, STEP_SECONDS) or state

    begun = time.perf_counter()
    await asyncio.gather(*map(rebuild, folds.READ_MODELS))
    return time.perf_counter() - begun


async def _check(database: DatabaseProxy) -> None:
    """Raises DidNotConverge."""
    held, wanted = await folds.stored(database), folds.folded(await folds.log(database))
    if wrong := [name for name in wanted if held[name] != wanted[name]]:
        raise DidNotConverge(f"not the fold of the log: {', '.join(wrong)}")

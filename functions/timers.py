"""What happens by itself: reconcile, rebuilds, the archive, signed heads, what could not be delivered."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Final

import azure.functions as func

from custody.archive_run import Wanted
from event_store.settling import settle
from functions.traced import run
from projections.projection import Projection, Reaction
from wiring import Application

EVERY_NIGHT: Final = "0 30 2 * * *"
EVERY_HOUR: Final = "0 7 * * * *"
EVERY_MINUTE: Final = "0 * * * * *"
EVERY_FIVE_MINUTES: Final = "0 */5 * * * *"
EVERY_TEN_SECONDS: Final = "*/10 * * * * *"
STEP_SECONDS: Final = 120.0
"""How long one run goes on; the platform ends a function after five minutes (host.json)."""


def blueprint(application: Application, projections: Iterable[Projection]) -> func.Blueprint:
    """Timers never overlap themselves, and run once however many instances there are."""
    timers = func.Blueprint()
    projections = tuple(projections)

    async def reconcile() -> None:
        await settle(
            "reconcile did not end well",
            (
                application.reconcile.run(projections, STEP_SECONDS),
                application.gauges.measure(projections),
            ),
        )

    async def rebuild() -> None:
        await settle(
            "a rebuild stopped", (_step(application, projection) for projection in projections)
        )

    async def archive() -> None:
        await application.archive_job.step(STEP_SECONDS)

    async def sign_heads() -> None:
        await application.head_signer.run()

    async def redeliver() -> None:
        await application.redelivery.run(STEP_SECONDS)

    async def begin_archive() -> None:
        await application.archive_job.start(Wanted(application.settings.archive_after_days))

    _register(timers, "reconcile", EVERY_MINUTE, reconcile)
    _register(timers, "rebuild", EVERY_TEN_SECONDS, rebuild)
    _register(timers, "archive", EVERY_MINUTE, archive)
    _register(timers, "sign_heads", EVERY_HOUR, sign_heads)
    if any(isinstance(projection, Reaction) for projection in projections):
        _register(timers, "redeliver", EVERY_FIVE_MINUTES, redeliver)
    if application.settings.archive_after_days:
        _register(timers, "begin_archive", EVERY_NIGHT, begin_archive)
    return timers


def _register(
    timers: func.Blueprint, name: str, schedule: str, work: Callable[[], Awaitable[None]]
) -> None:
    @timers.function_name(name)
    @timers.timer_trigger(arg_name="timer", schedule=schedule, use_monitor=False)
    async def timed(timer: func.TimerRequest) -> None:
        with run(name, "timer"):
            await work()


async def _step(application: Application, projection: Projection) -> None:
    await application.rebuilder.step(projection, STEP_SECONDS)

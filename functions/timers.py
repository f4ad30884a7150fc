"""What happens by itself: reconcile, rebuilds, the archive, signed heads, what could not be delivered."""

from collections.abc import Iterable
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

    @timers.function_name("reconcile")
    @timers.timer_trigger(arg_name="timer", schedule=EVERY_MINUTE, use_monitor=False)
    async def reconcile(timer: func.TimerRequest) -> None:
        with run("reconcile", "timer"):
            await settle(
                "reconcile did not end well",
                (
                    application.reconcile.run(projections, STEP_SECONDS),
                    application.gauges.measure(projections),
                ),
            )

    @timers.function_name("rebuild")
    @timers.timer_trigger(arg_name="timer", schedule=EVERY_TEN_SECONDS, use_monitor=False)
    async def rebuild(timer: func.TimerRequest) -> None:
        with run("rebuild", "timer"):
            await settle(
                "a rebuild stopped",
                (_step(application, projection) for projection in projections),
            )

    if any(isinstance(projection, Reaction) for projection in projections):

        @timers.function_name("redeliver")
        @timers.timer_trigger(arg_name="timer", schedule=EVERY_FIVE_MINUTES, use_monitor=False)
        async def redeliver(timer: func.TimerRequest) -> None:
            with run("redeliver", "timer"):
                await application.redelivery.run(STEP_SECONDS)

    @timers.function_name("archive")
    @timers.timer_trigger(arg_name="timer", schedule=EVERY_MINUTE, use_monitor=False)
    async def archive(timer: func.TimerRequest) -> None:
        with run("archive", "timer"):
            await application.archive_job.step(STEP_SECONDS)

    @timers.function_name("sign_heads")
    @timers.timer_trigger(arg_name="timer", schedule=EVERY_HOUR, use_monitor=False)
    async def sign_heads(timer: func.TimerRequest) -> None:
        with run("sign_heads", "timer"):
            await application.head_signer.run()

    if days := application.settings.archive_after_days:

        @timers.function_name("begin_archive")
        @timers.timer_trigger(arg_name="timer", schedule=EVERY_NIGHT, use_monitor=False)
        async def begin_archive(timer: func.TimerRequest) -> None:
            with run("begin_archive", "timer"):
                await application.archive_job.start(Wanted(days))

    return timers


async def _step(application: Application, projection: Projection) -> None:
    await application.rebuilder.step(projection, STEP_SECONDS)

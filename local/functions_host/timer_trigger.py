"""The timer trigger: one run at a time, what was missed made up for at the start."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from local.functions_host.errors import TriggerError
from local.functions_host.functions import Function
from local.functions_host.invocation import Invoker
from local.functions_host.ncrontab import Interval, Schedule, parse_schedule
from local.functions_host.settings import resolve
from local.functions_host.state import State
from local.functions_host.worker import Datum

logger = logging.getLogger("functions_host")

NEVER = "0001-01-01T00:00:00+00:00"
"""The `Last` of a timer that never ran."""

type Clock = Callable[[], datetime]
type Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class TimerTrigger:
    """The arguments of a timer trigger; `monitor` says whether its status is kept."""

    text: str
    schedule: Schedule
    monitor: bool
    run_on_startup: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """When the timer ran last (None: never), and when it runs next."""

    last: datetime | None
    next: datetime
    updated: datetime | None

    def wire(self) -> dict[str, str]:
        """`ScheduleStatus`, as the function reads it."""
        return {
            "Last": self.last.isoformat() if self.last else NEVER,
            "Next": self.next.isoformat(),
            "LastUpdated": self.updated.isoformat() if self.updated else NEVER,
        }


def local_now() -> datetime:
    """The time in the host's zone: schedules are in local time."""
    return datetime.now().astimezone()


def parse_timer_trigger(function: Function, settings: Mapping[str, str]) -> TimerTrigger:
    """The trigger of `function`. Raises MissingSetting and TriggerError."""
    text = resolve(str(function.trigger.get("schedule") or ""), settings)
    try:
        schedule = parse_schedule(text)
    except ValueError as error:
        raise TriggerError(f"function '{function.name}': its schedule: {error}") from error
    wanted = function.trigger.get("useMonitor")
    return TimerTrigger(
        text=text,
        schedule=schedule,
        monitor=wanted is not False and not _under_a_minute(schedule),
        run_on_startup=bool(function.trigger.get("runOnStartup")),
    )


def timer_datum(status: Status | None, past_due: bool) -> Datum:
    """What the worker gets; no status without a monitor."""
    info = {
        "Schedule": {"AdjustForDST": True},
        "ScheduleStatus": status.wire() if status else None,
        "IsPastDue": past_due,
    }
    return Datum(json.dumps(info, separators=(",", ":")), "json")


class TimerPump:
    """Fires one function until it is cancelled."""

    def __init__(
        self,
        function: Function,
        trigger: TimerTrigger,
        state: State,
        invoker: Invoker,
        now: Clock = local_now,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._function = function
        self._trigger = trigger
        self._state = state
        self._invoker = invoker
        self._now = now
        self._sleep = sleep
        self._turn = asyncio.Lock()

    async def run(self) -> None:
        """Wait and fire, for ever."""
        status = self._status()
        if self._trigger.monitor and status.next < self._now():
            status = await self._fire(status, past_due=True)
        elif self._trigger.run_on_startup:
            status = await self._fire(status)
        while True:
            await self._sleep(max(0.0, (status.next - self._now()).total_seconds()))
            if self._now() >= status.next:
                status = await self._fire(status)

    async def run_by_hand(self, function: Function, text: str) -> None:
        """Run out of turn; `text` plays no part. The schedule goes on as it was."""
        await self._invoke(self._status(), past_due=False)

    async def _fire(self, status: Status, past_due: bool = False) -> Status:
        fired = self._now()
        await self._invoke(status, past_due)
        after = Status(fired, self._trigger.schedule.next_after(self._now()), self._now())
        self._keep(after)
        return after

    async def _invoke(self, status: Status, past_due: bool) -> None:
        shown = status if self._trigger.monitor else None
        async with self._turn:
            await self._invoker.with_retries(self._function, timer_datum(shown, past_due), {})

    def _status(self) -> Status:
        kept = self._state.read("timer", self._function.name) if self._trigger.monitor else {}
        if kept.get("schedule") == self._trigger.text:
            status = json.loads(kept["status"])
            return Status(*(value and datetime.fromisoformat(value) for value in status))
        status = Status(None, self._trigger.schedule.next_after(self._now()), None)
        self._keep(status)
        return status

    def _keep(self, status: Status) -> None:
        if not self._trigger.monitor:
            return
        moments = (status.last, status.next, status.updated)
        texts = [moment and moment.isoformat() for moment in moments]
        self._state.write("timer", self._function.name, "status", json.dumps(texts))
        self._state.write("timer", self._function.name, "schedule", self._trigger.text)


def _under_a_minute(schedule: Schedule) -> bool:
    """The real host keeps no status for timers that fire more often than once a minute."""
    if isinstance(schedule, Interval):
        return schedule.seconds < 60
    first = schedule.next_after(datetime(2024, 1, 1))
    return schedule.next_after(first) - first < timedelta(minutes=1)

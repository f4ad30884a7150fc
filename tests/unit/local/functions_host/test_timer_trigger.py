"""The timer trigger, on a clock of the test's."""

import asyncio
import contextlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local.functions_host.errors import TriggerError
from local.functions_host.functions import Function
from local.functions_host.invocation import Invoker
from local.functions_host.retry import FixedDelay
from local.functions_host.shutdown import Shutdown
from local.functions_host.state import State
from local.functions_host.timer_trigger import TimerPump, parse_timer_trigger
from local.functions_host.worker import Datum

NOON = datetime(2024, 1, 1, 12, 0, 0, tzinfo=UTC)


class Stage:
    """A clock that sleeping moves on until `end`, and a function that writes down its calls."""

    def __init__(
        self, start: datetime, minutes: float, failures: int = 0, takes: float = 0
    ) -> None:
        self.now = start
        self.end = start + timedelta(minutes=minutes)
        self.failures = failures
        self.takes = takes
        self.over = asyncio.Event()
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.running = self.most = 0

    async def sleep(self, seconds: float) -> None:
        if self.now + timedelta(seconds=seconds) > self.end:
            self.over.set()
            await asyncio.Event().wait()
        self.now += timedelta(seconds=seconds)
        await asyncio.sleep(0)

    async def run(
        self, _: str, function: Function, datum: Datum, metadata: Mapping[str, Datum], retry: int
    ) -> tuple[bool, Datum | None, str | None]:
        self.running += 1
        self.most = max(self.most, self.running)
        self.calls.append((self.now.strftime("%H:%M:%S"), json.loads(datum.value)))
        self.now += timedelta(seconds=self.takes)
        await asyncio.sleep(0)
        self.running -= 1
        self.failures -= 1
        return self.failures < 0, None, None

    def pump(self, state: State, schedule: str, retries: int = 0, **binding: Any) -> TimerPump:
        trigger = {"type": "timerTrigger", "name": "timer", "schedule": schedule, **binding}
        function = Function("tick", "tick", trigger, (trigger,), FixedDelay(retries, 0))
        invoker = Invoker(self.run, None, Shutdown(), lambda reason: None)
        parsed = parse_timer_trigger(function, {})
        return TimerPump(function, parsed, state, invoker, lambda: self.now, self.sleep)

    async def play(self, pump: TimerPump) -> list[str]:
        """When the function was called until the end of the stage."""
        task = asyncio.create_task(pump.run())
        await self.over.wait()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        return [moment for moment, _ in self.calls]


async def test_a_timer_fires_at_every_occurrence_and_shows_its_status(tmp_path: Path) -> None:
    stage = Stage(NOON, 12)
    with State(tmp_path) as state:
        times = await stage.play(stage.pump(state, "0 */5 * * * *"))
    assert times == ["12:05:00", "12:10:00"]
    assert stage.calls[0][1] == {
        "Schedule": {"AdjustForDST": True},
        "ScheduleStatus": {
            "Last": "0001-01-01T00:00:00+00:00",
            "Next": "2024-01-01T12:05:00+00:00",
            "LastUpdated": "0001-01-01T00:00:00+00:00",
        },
        "IsPastDue": False,
    }
    assert stage.calls[1][1]["ScheduleStatus"]["Last"] == "2024-01-01T12:05:00+00:00"
    assert stage.calls[1][1]["ScheduleStatus"]["Next"] == "2024-01-01T12:10:00+00:00"


async def test_what_was_missed_while_down_is_made_up_for_once_as_past_due(tmp_path: Path) -> None:
    with State(tmp_path) as state:
        before = Stage(NOON, 7)
        await before.play(before.pump(state, "0 */5 * * * *"))
        after = Stage(NOON + timedelta(minutes=31), 5)
        times = await after.play(after.pump(state, "0 */5 * * * *"))
    assert times == ["12:31:00", "12:35:00"]
    assert [call["IsPastDue"] for _, call in after.calls] == [True, False]
    assert after.calls[0][1]["ScheduleStatus"]["Last"] == "2024-01-01T12:05:00+00:00"


async def test_a_timer_that_is_killed_while_it_runs_runs_again(tmp_path: Path) -> None:
    with State(tmp_path) as state:
        stage = Stage(NOON, 6)
        pump = stage.pump(state, "0 */5 * * * *")
        task = asyncio.create_task(pump.run())
        while not stage.running:  # noqa: ASYNC110 - the test's own clock decides how long
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        after = Stage(NOON + timedelta(minutes=6), 1)
        assert await after.play(after.pump(state, "0 */5 * * * *")) == ["12:06:00"]
        assert after.calls[0][1]["IsPastDue"] is True


@pytest.mark.parametrize("binding", [{"useMonitor": False}, {}])
async def test_without_a_monitor_there_is_no_status_and_nothing_is_made_up_for(
    tmp_path: Path, binding: dict[str, Any]
) -> None:
    schedule = "0 */5 * * * *" if binding else "*/30 * * * * *"
    with State(tmp_path) as state:
        before = Stage(NOON, 6)
        await before.play(before.pump(state, schedule, **binding))
        after = Stage(NOON + timedelta(minutes=30, seconds=1), 0.2)
        assert await after.play(after.pump(state, schedule, **binding)) == []
    assert {call["ScheduleStatus"] for _, call in before.calls} == {None}


async def test_run_on_startup_fires_at_the_start(tmp_path: Path) -> None:
    stage = Stage(NOON + timedelta(minutes=1), 5)
    with State(tmp_path) as state:
        times = await stage.play(stage.pump(state, "0 */5 * * * *", runOnStartup=True))
    assert times == ["12:01:00", "12:05:00"]


async def test_a_timer_never_overlaps_itself(tmp_path: Path) -> None:
    stage = Stage(NOON, 30, takes=7 * 60)
    with State(tmp_path) as state:
        pump = stage.pump(state, "0 */5 * * * *")
        by_hand = asyncio.create_task(pump.run_by_hand(pump._function, ""))
        times = await stage.play(pump)
        await by_hand
    assert stage.most == 1
    assert times == ["12:05:00", "12:12:00", "12:20:00", "12:30:00"]


async def test_retry_policies_apply(tmp_path: Path) -> None:
    stage = Stage(NOON, 6, failures=2)
    with State(tmp_path) as state:
        times = await stage.play(stage.pump(state, "0 */5 * * * *", retries=5))
    assert times == ["12:05:00"] * 3


async def test_another_schedule_starts_anew(tmp_path: Path) -> None:
    with State(tmp_path) as state:
        before = Stage(NOON, 6)
        await before.play(before.pump(state, "0 */5 * * * *"))
        after = Stage(NOON + timedelta(minutes=30), 31)
        assert await after.play(after.pump(state, "0 0 * * * *")) == ["13:00:00"]


def test_a_schedule_may_be_a_setting_and_must_be_one() -> None:
    trigger = {"type": "timerTrigger", "name": "timer", "schedule": "%WHEN%"}
    function = Function("tick", "tick", trigger, (trigger,))
    assert parse_timer_trigger(function, {"WHEN": "0 * * * * *"}).monitor
    with pytest.raises(TriggerError, match="'tick'"):
        parse_timer_trigger(function, {"WHEN": "now and then"})

"""Invocations: retries, time limit, and what a handler lets escape."""

import asyncio
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.functions_host.functions import Function
from local.functions_host.invocation import Invoker, Run
from local.functions_host.retry import ExponentialBackoff, FixedDelay, RetryPolicy
from local.functions_host.shutdown import Shutdown
from local.functions_host.worker import Datum

DATUM = Datum("x", "string")


def function(retry: RetryPolicy | None = None) -> Function:
    return Function("fn", "fn", {"type": "cosmosDBTrigger", "name": "docs"}, (), retry)


class Failing:
    """Fails so many times, then succeeds; writes down invocation ids and retry counts."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.calls: list[tuple[str, int]] = []

    async def __call__(
        self,
        invocation_id: str,
        function: Function,
        datum: Datum,
        _: Mapping[str, Datum],
        retry: int,
    ) -> tuple[bool, Datum | None, str | None]:
        self.calls.append((invocation_id, retry))
        self.failures -= 1
        return self.failures < 0, DATUM, "the traceback"


def invoker(
    run: Run,
    limit: float | None = None,
    lost: list[str] | None = None,
    shutdown: Shutdown | None = None,
) -> Invoker:
    reasons: list[str] = [] if lost is None else lost
    return Invoker(run, limit, shutdown or Shutdown(), reasons.append, lambda low, high: low)


@given(failures=st.integers(0, 6), most=st.integers(0, 4))
async def test_a_policy_of_n_is_at_most_n_plus_one_calls_with_one_id(
    failures: int, most: int
) -> None:
    run = Failing(failures)
    outcome = await invoker(run).with_retries(function(FixedDelay(most, 0)), DATUM, {})
    assert outcome is not None
    assert outcome.ok == (failures <= most)
    assert [retry for _, retry in run.calls] == list(range(min(failures, most) + 1))
    assert len({invocation_id for invocation_id, _ in run.calls}) == 1


async def test_a_policy_without_end_goes_on_until_it_succeeds() -> None:
    run = Failing(500)
    outcome = await invoker(run).with_retries(function(ExponentialBackoff(None, 0, 0)), DATUM, {})
    assert outcome is not None
    assert outcome.ok
    assert len(run.calls) == 501


async def test_without_a_policy_and_for_http_there_is_one_call() -> None:
    run = Failing(5)
    assert not (await invoker(run).once(function(FixedDelay(3, 0)), DATUM, {})).ok
    await invoker(run).with_retries(function(), DATUM, {})
    assert len(run.calls) == 2


async def test_two_runs_have_two_ids() -> None:
    run = Failing(0)
    for _ in range(2):
        await invoker(run).with_retries(function(), DATUM, {})
    assert len({invocation_id for invocation_id, _ in run.calls}) == 2


async def test_a_retry_that_waits_when_the_host_closes_never_comes_to_its_end() -> None:
    shutdown = Shutdown()
    run = Failing(5)
    going = invoker(run, shutdown=shutdown).with_retries(
        function(FixedDelay(None, 3600)), DATUM, {}
    )
    task = asyncio.create_task(going)
    await asyncio.sleep(0.01)
    shutdown.closed.set()
    assert await task is None
    assert len(run.calls) == 1


async def test_a_failure_is_logged_with_name_and_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    await invoker(Failing(1)).once(function(), DATUM, {})
    assert ["Functions.fn" in line and "the traceback" in line for line in caplog.messages] == [
        True
    ]


async def test_a_run_over_the_time_limit_is_cancelled_and_costs_the_worker() -> None:
    cancelled = asyncio.Event()

    async def run(*_: object) -> tuple[bool, Datum | None, str | None]:
        try:
            await asyncio.sleep(3600)
        finally:
            cancelled.set()
        return True, DATUM, None

    lost: list[str] = []
    assert not (await invoker(run, 0.01, lost).once(function(), DATUM, {})).ok
    await cancelled.wait()
    assert ["functionTimeout" in reason for reason in lost] == [True]


async def test_system_exit_fails_the_run_and_costs_the_worker() -> None:
    async def run(*_: object) -> tuple[bool, Datum | None, str | None]:
        raise SystemExit(3)

    lost: list[str] = []
    assert not (await invoker(run, None, lost).once(function(), DATUM, {})).ok
    assert ["SystemExit(3)" in reason for reason in lost] == [True]


async def test_a_cancelled_error_that_escapes_holds_the_caller_until_the_time_limit() -> None:
    async def run(*_: object) -> tuple[bool, Datum | None, str | None]:
        raise asyncio.CancelledError

    lost: list[str] = []
    waiting = asyncio.create_task(invoker(run, 0.1, lost).once(function(), DATUM, {}))
    await asyncio.sleep(0.02)
    assert not waiting.done()
    assert not (await waiting).ok
    assert len(lost) == 1

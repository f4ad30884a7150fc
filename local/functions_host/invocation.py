"""Invocations: ids, time limit, retries, and what becomes of a worker that can't go on."""

import asyncio
import logging
import random
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from local.functions_host.functions import Function
from local.functions_host.retry import Jitter, attempts_left
from local.functions_host.shutdown import Shutdown
from local.functions_host.worker import Datum

logger = logging.getLogger("functions_host")


type Run = Callable[
    [str, Function, Datum, Mapping[str, Datum], int],
    Awaitable[tuple[bool, Datum | None, str | None]],
]
"""`Worker.invoke`."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one invocation ended. `value` is what the function returned, None when it failed."""

    ok: bool
    value: Datum | None = None


FAILED = Outcome(ok=False)


class Invoker:
    """Runs functions. `worker_lost(reason)` is told when the real host would start a new worker."""

    def __init__(
        self,
        run: Run,
        time_limit: float | None,
        shutdown: Shutdown,
        worker_lost: Callable[[str], None],
        jitter: Jitter = random.uniform,
    ) -> None:
        self._run_once = run
        self._time_limit = time_limit
        self._shutdown = shutdown
        self._worker_lost = worker_lost
        self._jitter = jitter

    async def once(
        self, function: Function, datum: Datum, metadata: Mapping[str, Datum]
    ) -> Outcome:
        """Run the function once, whatever its retry policy (HTTP)."""
        return await self._attempt(str(uuid.uuid4()), function, datum, metadata, 0)

    async def with_retries(
        self, function: Function, datum: Datum, metadata: Mapping[str, Datum]
    ) -> Outcome | None:
        """Run the function under its retry policy, every attempt with the same invocation id.

        None when the host closed between two attempts: the run never came to its end.
        """
        invocation_id = str(uuid.uuid4())
        retry = 0
        while True:
            outcome = await self._attempt(invocation_id, function, datum, metadata, retry)
            if outcome.ok or function.retry is None or not attempts_left(function.retry, retry):
                return outcome
            retry += 1
            await self._shutdown.sleep(function.retry.delay(retry, self._jitter))
            if self._shutdown.closed.is_set():
                return None

    async def _attempt(
        self,
        invocation_id: str,
        function: Function,
        datum: Datum,
        metadata: Mapping[str, Datum],
        retry: int,
    ) -> Outcome:
        started = time.monotonic()
        run = asyncio.create_task(self._run(invocation_id, function, datum, metadata, retry))
        try:
            done, _ = await asyncio.wait({run}, timeout=self._time_limit)
            if done and run.cancelled():
                return await self._never_answer(function, invocation_id, started)
            if not done:
                return self._timed_out(function, invocation_id)
        finally:
            run.cancel()
        return run.result()

    async def _run(
        self,
        invocation_id: str,
        function: Function,
        datum: Datum,
        metadata: Mapping[str, Datum],
        retry: int,
    ) -> Outcome:
        try:
            ok, value, trace = await self._run_once(invocation_id, function, datum, metadata, retry)
        except SystemExit as stop:
            self._worker_lost(f"'Functions.{function.name}' raised SystemExit({stop.code!r})")
            return FAILED
        if not ok:
            logger.error(
                "Executed 'Functions.%s' (Failed, Id=%s, retry %d)\n%s",
                function.name,
                invocation_id,
                retry,
                trace,
            )
        return Outcome(ok, value)

    async def _never_answer(
        self, function: Function, invocation_id: str, started: float
    ) -> Outcome:
        """What the real host does when its worker never says that the run is over: wait for it."""
        logger.error(
            "'Functions.%s' let asyncio.CancelledError escape: its caller is never answered (Id=%s)",
            function.name,
            invocation_id,
        )
        if self._time_limit is None:
            await self._shutdown.closed.wait()
        else:
            await self._shutdown.sleep(started + self._time_limit - time.monotonic())
        if self._shutdown.closed.is_set():
            return FAILED
        return self._timed_out(function, invocation_id)

    def _timed_out(self, function: Function, invocation_id: str) -> Outcome:
        self._worker_lost(
            f"'Functions.{function.name}' exceeded functionTimeout "
            f"({self._time_limit:g} s, Id={invocation_id})"
        )
        return FAILED

"""The one way to change an aggregate: load, decide, append; on a conflict, catch up and decide again."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import msgspec

from domain.aggregate import Aggregate, Command, DomainError
from domain.events import Context, Event, Recorded
from event_store.cache import AggregateCache, Known
from event_store.documents import Head
from event_store.errors import (
    AppendFailed,
    ConcurrencyConflict,
    HeadAhead,
    IdempotencyKeyReused,
    OutcomeUnknown,
    StoreUnavailable,
    VersionMismatch,
    VersionTaken,
)
from event_store.loading import Loader, behind
from event_store.snapshots import Snapshotter
from event_store.store import EventStore
from event_store.turns import Turns
from telemetry import metrics

ATTEMPTS: Final = 12
FIRST_PAUSE: Final = 0.01
LONGEST_PAUSE: Final = 0.5

logger = logging.getLogger(__name__)


class Executed[S](msgspec.Struct, frozen=True):
    """What a command led to: its events as recorded (none where nothing was left to do), the state and
    the head right behind them. `replayed`: an earlier request of the same command stored them.
    """

    state: S
    events: Sequence[Recorded[Any]]
    head: Head
    replayed: bool = False


class CommandHandler:
    """Executes commands against an event store. `pause` and `jitter` (0 to 1) are handed in for tests.

    `conflicts` counts the appends that other commands were faster than.
    """

    def __init__(
        self,
        store: EventStore,
        snapshotter: Snapshotter,
        cache: AggregateCache,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.store = store
        self.loader = Loader(store, snapshotter)
        self.snapshotter = snapshotter
        self.cache = cache
        self.pause = pause
        self.jitter = jitter
        self.turns = Turns()
        self.conflicts = 0

    async def execute[S, C: Command, E: Event](
        self,
        aggregate: Aggregate[S, C, E],
        aggregate_id: str,
        command: C,
        context: Context,
        expected: int | None = None,
    ) -> Executed[S]:
        """Decides a command on the newest state and stores its events, all or none, once for ever.

        `context.causation_id` is the command's id: a command that stored events is not decided again.
        `expected` is the version that the caller saw.

        Raises the domain's errors, IdempotencyKeyReused, VersionMismatch, ConcurrencyConflict when
        others won every attempt, EventTooLarge, StoreUnavailable, UnreadableEvent.
        """
        execution = _Execution(self, aggregate, aggregate_id, command, context, expected)
        async with self.turns.of(execution.stream):
            return await execution.run()


class _Execution[S, C: Command, E: Event]:
    """One command on its way: what is known of its aggregate, and whether that was read just now."""

    def __init__(
        self,
        handler: CommandHandler,
        aggregate: Aggregate[S, C, E],
        aggregate_id: str,
        command: C,
        context: Context,
        expected: int | None,
    ) -> None:
        self.handler = handler
        self.aggregate = aggregate
        self.aggregate_id = aggregate_id
        self.stream = aggregate.stream(aggregate_id)
        self.command = command
        self.context = context
        self.expected = expected
        self.known: Known[S] | None = None
        self.fresh = False
        self.attempted: set[str | None] = set()

    async def run(self) -> Executed[S]:
        self.known = self._assumed()
        failure: AppendFailed | None = None
        for attempt in range(ATTEMPTS):
            if self.known is not None and (events := self._decided(self.known)) is not None:
                try:
                    return await self._append(self.known, events)
                except AppendFailed as error:
                    failure = error
                    await self._failed(error, attempt)
            if (answer := await self._catch_up()) is not None:
                return answer
        if isinstance(failure, OutcomeUnknown):
            raise StoreUnavailable(str(failure)) from failure
        raise ConcurrencyConflict(self.stream, ATTEMPTS) from failure

    def _assumed(self) -> Known[S] | None:
        """What can be decided on without a read: the cached state; nothing, for a command that creates."""
        creating = self.aggregate.commands.get(self.aggregate.creates or "")
        if creating is type(self.command) and self.stream not in self.handler.cache:
            return Known(self.aggregate.initial(self.aggregate_id))
        return self.handler.cache.get(self.stream)

    def _decided(self, known: Known[S]) -> Sequence[E] | None:
        """The command's events. None where the state may be old and the decision rests on it alone: an
        append would find out, a refusal or a decision to do nothing would not."""
        try:
            if self.expected is not None and self.expected != known.head.version:
                raise VersionMismatch(self.stream, self.expected, known.head.version)
            events = self.aggregate.decide(known.state, self.command)
        except (DomainError, VersionMismatch):
            if self.fresh:
                raise
            return None
        return events if events or self.fresh else None

    async def _append(self, known: Known[S], events: Sequence[E]) -> Executed[S]:
        if not events:
            return Executed(known.state, (), known.head)
        subject = self.aggregate.subject(self.aggregate.fold(known.state, events))
        recorded = await self.handler.store.append(
            self.stream, known.head, events, self.context, subject
        )
        now = behind(self.aggregate, known, recorded)
        self.handler.cache.put(self.stream, now)
        self.handler.snapshotter.appended(
            self.aggregate, self.stream, known.head.version, now, recorded[-1]
        )
        return Executed(now.state, recorded, now.head)

    async def _failed(self, failure: AppendFailed, attempt: int) -> None:
        """Forgets what turned out wrong, and leaves the others time to finish."""
        self.attempted.add(failure.attempted)
        if isinstance(failure, VersionTaken):
            self.handler.conflicts += 1
            metrics.conflicted(self.aggregate.name)
        if isinstance(failure, HeadAhead):
            logger.error("%s It is loaded anew.", failure)
            self.handler.cache.drop(self.stream)
            self.known = None
        longest = min(FIRST_PAUSE * 2**attempt, LONGEST_PAUSE)
        await self.handler.pause(self.handler.jitter() * longest)

    async def _catch_up(self) -> Executed[S] | None:
        """Reads what came since; the first answer, when the command's own events are among it.

        A conflict says nothing by itself: it may be our own commit whose answer was lost.
        """
        read = self.handler.loader
        subject = (self.aggregate, self.aggregate_id)
        command_id = self.context.causation_id
        if self.known is None or not self.known.head.version:
            loaded = await read.load(*subject, command_id)
        else:
            loaded = await read.refresh(*subject, self.known, command_id)
        self.known, self.fresh = loaded.known, True
        self.handler.cache.put(self.stream, loaded.known)
        return self._answered(loaded.own, loaded.then) if loaded.then else None

    def _answered(self, own: Sequence[Recorded[Any]], then: Known[S]) -> Executed[S]:
        """The answer that the command had, or would have had, when it stored its events."""
        if own[0].metadata.command_hash != self.context.command_hash:
            raise IdempotencyKeyReused(self.stream)
        return Executed(then.state, own, then.head, replayed=own[0].hash not in self.attempted)

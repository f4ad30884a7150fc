"""The one way to change an aggregate: load, decide, append; on a conflict, catch up and decide again."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import msgspec

from domain.aggregate import Aggregate, Command
from domain.events import Context, Event, Recorded
from event_store.documents import Head, head_of
from event_store.errors import (
    AppendFailed,
    ConcurrencyConflict,
    HeadAhead,
    OutcomeUnknown,
    StoreUnavailable,
)
from event_store.store import EventStore

ATTEMPTS: Final = 12
FIRST_PAUSE: Final = 0.01
LONGEST_PAUSE: Final = 0.5

logger = logging.getLogger(__name__)

type Pause = Callable[[float], Awaitable[None]]


class Executed[S](msgspec.Struct, frozen=True):
    """What a command led to: its events as recorded (none where nothing was left to do), the state and
    the head behind them."""

    state: S
    events: Sequence[Recorded[Any]]
    head: Head


class _Known[S](msgspec.Struct, frozen=True):
    """An aggregate as far as it was read."""

    state: S
    head: Head = Head()


class CommandHandler:
    """Executes commands against an event store. `pause` and `jitter` (0 to 1) are handed in for tests."""

    def __init__(
        self,
        store: EventStore,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._store = store
        self._pause = pause
        self._jitter = jitter

    async def execute[S, C: Command, E: Event](
        self, aggregate: Aggregate[S, C, E], aggregate_id: str, command: C, context: Context
    ) -> Executed[S]:
        """Decides a command on the newest state and stores its events, all or none.

        Raises the domain's errors, ConcurrencyConflict when others won every attempt, EventTooLarge,
        StoreUnavailable, UnreadableEvent.
        """
        stream = aggregate.stream(aggregate_id)
        origin = _Known(aggregate.initial(aggregate_id))
        known = origin
        if not isinstance(command, aggregate.commands[aggregate.creates]):
            known = _behind(aggregate, origin, [event async for event in self._store.read(stream)])
        for attempt in range(ATTEMPTS):
            events = aggregate.decide(known.state, command)
            if not events:
                return Executed(known.state, (), known.head)
            try:
                recorded = await self._store.append(stream, known.head, events, context)
                return _executed(aggregate, known, recorded, recorded)
            except AppendFailed as error:
                failure = error
            await self._pause(self._jitter() * min(FIRST_PAUSE * 2**attempt, LONGEST_PAUSE))
            if isinstance(failure, HeadAhead):
                logger.error("%s It is loaded anew.", failure)
                known = origin
            tail = await self._tail(stream, known.head, context)
            own = [event for event in tail if event.metadata.causation_id == context.causation_id]
            if own:
                return _executed(aggregate, known, tail, own)
            known = _behind(aggregate, known, tail)
        if isinstance(failure, OutcomeUnknown):
            raise StoreUnavailable(str(failure)) from failure
        raise ConcurrencyConflict(stream, ATTEMPTS) from failure

    async def _tail(self, stream: str, head: Head, context: Context) -> list[Recorded[Any]]:
        """What came behind a head and what this very command stored, in one read: a conflict says
        nothing by itself, it may be our own commit whose answer was lost."""
        events = self._store.read(stream, head.version, context.causation_id)
        return [event async for event in events]


def _behind[S](
    aggregate: Aggregate[S, Any, Any], known: _Known[S], tail: Sequence[Recorded[Any]]
) -> _Known[S]:
    """The aggregate with the events that came since."""
    if not tail:
        return known
    return _Known(aggregate.fold(known.state, (e.data for e in tail)), head_of(tail[-1]))


def _executed[S](
    aggregate: Aggregate[S, Any, Any],
    known: _Known[S],
    tail: Sequence[Recorded[Any]],
    own: Sequence[Recorded[Any]],
) -> Executed[S]:
    """The answer to a command that stored `own`: the state right behind it, whatever came later."""
    then = _behind(aggregate, known, [event for event in tail if event.version <= own[-1].version])
    return Executed(then.state, own, then.head)

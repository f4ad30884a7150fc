"""The write side against a simple model: random commands, repeats, crashes, lost answers, throttling and
replicas that lag, over two instances on one account."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from domain.aggregate import Aggregate, AggregateNotFound, Command, RuleViolation
from domain.order import ORDER, CancelOrder, DeliverOrder, ShipOrder
from domain.product import PRODUCT, ReceiveStock, ReleaseStock, ReserveStock, ShipStock
from event_store.command_handler import Executed
from event_store.errors import IdempotencyKeyReused, StoreUnavailable, VersionMismatch
from event_store.loading import Loaded
from functions.commands import command_hash
from local.cosmos import On
from projections.order_read_model import ORDER_READ_MODEL
from projections.product_read_model import PRODUCT_READ_MODEL
from projections.projection import View
from tests.integration.write_side_model import NOT_FOUND, OrderState, ProductState, State
from tests.stack.commanding import an_order, execute
from tests.stack.in_process import account as open_account
from tests.stack.streams import assert_sound
from tests.stack.transport import BreakingOff
from wiring import Application

INSTANCES: Final = (
    {"SNAPSHOT_INTERVALS": "Order=2,Product=3", "AGGREGATE_CACHE_ENTRIES": "2"},
    {"SNAPSHOT_INTERVALS": "Order=500,Product=2"},
)
"""Snapshots after few events, and a cache that is too small for all aggregates."""


@dataclass(frozen=True)
class Issue:
    """A command on its way: by which instance, under which key, with which expected version; `patience`
    is after how many turns of the event loop its process crashes, if it does."""

    stream: str
    command: Command
    instance: int = 0
    key: str = ""
    expected: int | None = None
    patience: int | None = None

    @property
    def aggregate(self) -> Aggregate[Any, Any, Any]:
        return _aggregate(self.stream)

    @property
    def hash(self) -> str:
        return command_hash(self.aggregate, self.command)


@dataclass(frozen=True)
class Trouble:
    """A fault that strikes one kind of request, so many times after so many were spared."""

    effect: str
    kind: Any
    spared: int
    times: int


@dataclass
class Modelled:
    """An aggregate as it should be: its state after each version, and what each key has stored."""

    states: list[State]
    stored: dict[str, tuple[str, int]] = field(default_factory=dict)


class Crashed(Exception):
    """The process ended before the command was answered."""


numbers = st.integers(1, 3)
orders = st.sampled_from(["o1", "o2", "o3"])
commands = st.one_of(
    st.tuples(
        st.sampled_from(["order-a", "order-b"]),
        st.one_of(
            st.builds(an_order, customer_id=st.sampled_from(["c1", "c2"])),
            st.builds(ShipOrder, tracking_number=st.sampled_from(["t1", "t2"])),
            st.builds(DeliverOrder),
            st.builds(CancelOrder, reason=st.just("r")),
        ),
    ),
    st.tuples(
        st.sampled_from(["product-a", "product-b"]),
        st.one_of(
            st.builds(ReceiveStock, quantity=numbers),
            st.builds(ReserveStock, order_id=orders, quantity=numbers),
            st.builds(ReleaseStock, order_id=orders),
            st.builds(ShipStock, order_id=orders),
        ),
    ),
)
issues = st.builds(
    lambda of, **others: Issue(*of, **others),
    commands,
    instance=st.integers(0, 1),
    key=st.one_of(st.sampled_from(["k1", "k2", "k3"]), st.uuids().map(str)),
    expected=st.one_of(st.none(), st.none(), st.integers(0, 4)),
    patience=st.one_of(st.none(), st.none(), st.none(), st.integers(0, 12)),
)
troubles = st.lists(
    st.one_of(
        st.builds(
            Trouble,
            effect=st.sampled_from(["drop_before", "drop_after"]),
            kind=st.sampled_from(["batch", "query", "point_read", "upsert"]),
            spared=st.integers(0, 2),
            times=st.just(1),
        ),
        st.builds(
            Trouble,
            effect=st.just("throttle"),
            kind=st.sampled_from(["batch", "query", "point_read", "upsert"]),
            spared=st.integers(0, 2),
            times=st.sampled_from([1, 2, 30]),
        ),
    ),
    max_size=2,
)


class WriteSide(RuleBasedStateMachine):
    """Issues commands, and holds every answer and every stored event against the model."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.run = self.runner.run
        self.opening = open_account(transport=BreakingOff)
        self.account = self.run(self.opening.__aenter__())
        self.instances: list[Application] = [self.run(self._started(n)) for n in range(2)]
        self.past: list[Issue] = []
        self.model = {
            "order-a": Modelled([OrderState()]),
            "order-b": Modelled([OrderState()]),
            "product-a": Modelled([ProductState()]),
            "product-b": Modelled([ProductState()]),
        }

    def teardown(self) -> None:
        self.run(self._everything_is_as_modelled())
        self.run(self.opening.__aexit__(None, None, None))
        self.runner.close()

    @rule(issue=issues, trouble=troubles)
    def one_command(self, issue: Issue, trouble: list[Trouble]) -> None:
        self.run(self._issue([issue], trouble))

    @rule(first=issues, others=st.lists(issues, min_size=1, max_size=5), trouble=troubles)
    def commands_at_once(self, first: Issue, others: list[Issue], trouble: list[Trouble]) -> None:
        """On one aggregate, as far as their commands suit it."""
        rivals = [one for one in others if one.aggregate is first.aggregate]
        moved = [Issue(first.stream, r.command, r.instance, r.key, r.expected) for r in rivals]
        self.run(self._issue([first, *moved], trouble))

    @rule(which=st.integers(0), instances=st.lists(st.integers(0, 1), min_size=1, max_size=6))
    def repeats_at_once(self, which: int, instances: list[int]) -> None:
        if self.past:
            one = self.past[which % len(self.past)]
            repeats = [Issue(one.stream, one.command, n, one.key, one.expected) for n in instances]
            self.run(self._issue(repeats, []))

    @rule(instance=st.integers(0, 1))
    def restart(self, instance: int) -> None:
        self.instances[instance] = self.run(self._started(instance))

    async def _started(self, instance: int) -> Application:
        return await self.account.instance(None, **INSTANCES[instance])

    async def _issue(self, issues: Sequence[Issue], trouble: Sequence[Trouble]) -> None:
        self.past += issues
        self._arm(trouble)
        outcomes = await asyncio.gather(*map(self._outcome, issues))
        self.account.cosmos.faults.clear()
        for number in {issue.instance for issue in issues if issue.patience is not None}:
            self.instances[number] = await self._started(number)
        stream = issues[0].stream
        before = len(self.model[stream].states) - 1
        known = dict(self.model[stream].stored)
        await self._learn(stream, issues)
        keys = Counter(issue.key for issue in issues)
        check = Check(self.model[stream], before, known, keys, bool(trouble))
        for issue, outcome in zip(issues, outcomes, strict=True):
            check(issue, outcome)

    def _arm(self, trouble: Sequence[Trouble]) -> None:
        """Replicas that lag are there all the time, other trouble now."""
        faults = self.account.cosmos.faults
        faults.stale_reads(On(), transactions=3)
        for one in trouble:
            on = On(one.kind, when=_after(one.spared))
            if one.effect == "throttle":
                faults.throttle(on, times=one.times, retry_after_ms=1)
            else:
                getattr(faults, one.effect)(on, times=one.times)

    async def _outcome(self, issue: Issue) -> Executed[Any] | Exception:
        identity = issue.aggregate.identity(issue.stream)
        task = asyncio.create_task(
            execute(
                self.instances[issue.instance],
                issue.aggregate,
                identity,
                issue.command,
                issue.key,
                issue.expected,
            )
        )
        if issue.patience is not None:
            await _turns(issue.patience)
            task.cancel()
        try:
            return await task
        except asyncio.CancelledError:
            return Crashed()
        except Exception as error:  # noqa: BLE001  # every one is checked
            return error

    async def _learn(self, stream: str, issues: Sequence[Issue]) -> None:
        """Takes over what was stored, each event of it the right one at its place."""
        model = self.model[stream]
        documents = await self.account.stream(stream)
        assert_sound(documents)
        issued = {(issue.key, issue.hash): issue.command for issue in issues}
        for document in documents[len(model.states) - 1 :]:
            key, hash_ = (document["metadata"][name] for name in ("causationId", "commandHash"))
            state = model.states[-1].after(issued[key, hash_])
            assert not isinstance(state, str), f"{issued[key, hash_]} should be refused: {state}"
            model.states.append(state)
            model.stored[key] = hash_, document["version"]

    async def _everything_is_as_modelled(self) -> None:
        """A new instance loads the modelled states; the projections fold to the same."""
        for one in self.instances:
            await one.snapshotter.settled()
        fresh = await self.account.instance()
        for stream, model in self.model.items():
            aggregate: Aggregate[Any, Any, Any] = _aggregate(stream)
            identity = aggregate.identity(stream)
            version = len(model.states) - 1
            loaded: Loaded[Any] = await fresh.command_handler.loader.load(
                aggregate, identity, "nobody"
            )
            assert loaded.known.head.version == version
            view: View[Any] = ORDER_READ_MODEL if aggregate is ORDER else PRODUCT_READ_MODEL
            if version:
                assert aggregate.answer(loaded.known.state) == model.states[-1].answer()
                await fresh.engine.catch_up(view, [e async for e in fresh.event_store.read(stream)])
                assert (await fresh.view_reader.read(view, identity)).version == version


@dataclass
class Check:
    """Whether what became of commands can be, in some order of those that ran side by side.

    `before` is the version and `known` what the keys had stored when they began; `keys` counts theirs.
    """

    model: Modelled
    before: int
    known: dict[str, tuple[str, int]]
    keys: Counter[str]
    troubled: bool
    firsts: Counter[str] = field(default_factory=Counter)

    def __call__(self, issue: Issue, outcome: Executed[Any] | Exception) -> None:
        match outcome:
            case Executed():
                self._executed(issue, outcome)
            case RuleViolation():
                self._refused(issue, outcome.code)
            case AggregateNotFound():
                self._refused(issue, NOT_FOUND)
            case VersionMismatch():
                assert issue.key not in self.known
                assert issue.expected != outcome.current
                assert self.before <= outcome.current < len(self.model.states)
            case IdempotencyKeyReused():
                assert self.model.stored[issue.key][0] != issue.hash
            case StoreUnavailable():
                assert self.troubled
            case Crashed():
                assert issue.patience is not None
            case _:
                raise outcome

    def _executed(self, issue: Issue, executed: Executed[Any]) -> None:
        """The first answer, whoever gets it and however often."""
        hash_, version = self.model.stored[issue.key]
        assert hash_ == issue.hash
        assert executed.head.version == version
        assert [event.version for event in executed.events] == [version]
        assert issue.aggregate.answer(executed.state) == self.model.states[version].answer()
        if issue.key in self.known:
            assert executed.replayed
        else:
            self.firsts[issue.key] += not executed.replayed
            assert self.firsts[issue.key] <= 1
            assert self.keys[issue.key] > 1 or not executed.replayed
            assert executed.replayed or issue.expected in (None, version - 1)

    def _refused(self, issue: Issue, code: str) -> None:
        assert issue.key not in self.known, "a repeat is answered before any rule"
        visited = self.model.states[self.before :]
        assert code in [state.after(issue.command) for state in visited]


def _aggregate(stream: str) -> Aggregate[Any, Any, Any]:
    return ORDER if stream.startswith("order") else PRODUCT


def _after(spared: int) -> Callable[[object], bool]:
    """True from the call on that follows so many others."""
    calls = count()
    return lambda _: next(calls) >= spared


async def _turns(number: int) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


TestWriteSide = WriteSide.TestCase
TestWriteSide.settings = settings(
    max_examples=settings().max_examples // 2, stateful_step_count=25, derandomize=True
)

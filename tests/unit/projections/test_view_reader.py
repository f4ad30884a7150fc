"""Reading a view as fresh as the caller asks, or as it was at a point in time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_store.errors import StoreUnavailable
from projections.advance import Cursor
from projections.view_reader import NotInReadModel, VersionNotReached
from tests.fakes.counter import COUNTER, Add, context
from tests.fakes.counter_view import TOTALS, Totals
from tests.fakes.event_store import FakeEventStore
from tests.fakes.handlers import handler
from tests.fakes.read_side import ReadSide


def folded(length: int) -> Totals:
    versions = range(1, length + 1)
    return Totals(sum(versions), tuple(versions))


class Stage:
    """A stream whose n-th event adds n, and a view of the first of its events."""

    def __init__(self) -> None:
        self.store = FakeEventStore(COUNTER)
        self.side = ReadSide(self.store)
        self.reader = self.side.reader
        self.views = self.side.keeper(TOTALS)

    async def set(self, written: int, projected: int) -> "Stage":
        process = handler(self.store)
        for version in range(1, written + 1):
            await process.execute(COUNTER, "1", Add(amount=version), context(f"k-{version}"))
        batch = self.store.recorded("counter-1")[:projected]
        await self.side.engine.catch_up(TOTALS, batch)
        self.store.forget_requests()
        return self


async def test_the_read_model_answers_as_it_is() -> None:
    stage = await Stage().set(written=5, projected=3)
    answer = await stage.reader.read(TOTALS, "1")
    assert (answer.view, answer.version, answer.source) == (folded(3), 3, "read-model")
    assert stage.store.requests == []


async def test_a_read_model_that_is_fresh_enough_answers_without_the_log() -> None:
    stage = await Stage().set(written=5, projected=3)
    for least in (1, 2, 3):
        answer = await stage.reader.read(TOTALS, "1", least)
        assert (answer.version, answer.source) == (3, "read-model")
    assert stage.store.requests == []


@pytest.mark.parametrize("projected", [0, 1, 3])
async def test_one_that_is_behind_is_folded_on_from_the_log(projected: int) -> None:
    stage = await Stage().set(written=5, projected=projected)
    answer = await stage.reader.read(TOTALS, "1", 4)
    assert (answer.view, answer.version, answer.source) == (folded(5), 5, "event-log")
    assert stage.store.requests == ["read"]
    assert stage.views.cursor("counter-1").version == projected


async def test_a_version_that_is_not_there_yet_is_named_with_the_current_one() -> None:
    stage = await Stage().set(written=5, projected=3)
    with pytest.raises(VersionNotReached) as raised:
        await stage.reader.read(TOTALS, "1", 6)
    assert raised.value.current == 5


@pytest.mark.parametrize("least", [0, 1, 7])
async def test_what_does_not_exist_is_not_found_however_fresh(least: int) -> None:
    stage = await Stage().set(written=0, projected=0)
    with pytest.raises(NotInReadModel, match=r"^Counter '1' does not exist\.$"):
        await stage.reader.read(TOTALS, "1", least)


async def test_what_the_read_model_does_not_have_yet_is_not_found_unless_asked_for() -> None:
    stage = await Stage().set(written=2, projected=0)
    with pytest.raises(NotInReadModel):
        await stage.reader.read(TOTALS, "1")
    assert (await stage.reader.read(TOTALS, "1", 1)).view == folded(2)


@pytest.mark.parametrize("version", [1, 2, 5])
async def test_a_version_is_replayed_from_the_log(version: int) -> None:
    stage = await Stage().set(written=5, projected=3)
    answer = await stage.reader.at_version(TOTALS, "1", version)
    assert (answer.view, answer.version, answer.source) == (folded(version), version, "event-log")


async def test_a_version_that_does_not_exist_is_not_found() -> None:
    stage = await Stage().set(written=5, projected=3)
    with pytest.raises(NotInReadModel, match="in version 6"):
        await stage.reader.at_version(TOTALS, "1", 6)
    with pytest.raises(NotInReadModel):
        await stage.reader.at_version(TOTALS, "nobody", 1)


async def test_a_moment_includes_the_events_of_that_very_moment() -> None:
    stage = await Stage().set(written=5, projected=0)
    for event in stage.store.recorded("counter-1"):
        answer = await stage.reader.as_of(TOTALS, "1", event.timestamp)
        assert (answer.view, answer.source) == (folded(event.version), "event-log")


async def test_before_the_first_event_there_is_nothing() -> None:
    stage = await Stage().set(written=2, projected=2)
    with pytest.raises(NotInReadModel, match=r"at 2000-01-01T00:00:00\.000000Z"):
        await stage.reader.as_of(TOTALS, "1", "2000-01-01T00:00:00.000000Z")


async def test_a_log_that_cannot_be_read_is_told() -> None:
    stage = await Stage().set(written=2, projected=1)
    stage.store.unreadable = StoreUnavailable("away")
    with pytest.raises(StoreUnavailable):
        await stage.reader.read(TOTALS, "1", 2)


@given(st.integers(0, 6), st.integers(0, 6), st.integers(0, 8))
async def test_an_answer_is_never_older_than_asked_for_and_always_a_fold(
    written: int, projected: int, least: int
) -> None:
    stage = await Stage().set(written, min(projected, written))
    try:
        answer = await stage.reader.read(TOTALS, "1", least)
    except (NotInReadModel, VersionNotReached):
        assert least > written or min(projected, written) == 0
        return
    assert answer.version >= least
    assert answer.view == folded(answer.version)
    assert stage.views.cursor("counter-1") in (
        Cursor(min(projected, written), folded(min(projected, written))),
        Cursor(),
    )

"""How a view follows its aggregate: what it has is skipped, what is next is folded, a gap is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events import Recorded
from projections.advance import Cursor, Gap, advance
from tests.fakes.counter import Added
from tests.fakes.counter_view import TOTALS, Totals, history


def folded(length: int) -> Cursor[Totals]:
    """The view of a history, folded in one go."""
    if not length:
        return Cursor()
    versions = range(1, length + 1)
    return Cursor(length, Totals(sum(versions), tuple(versions)))


def catch_up(
    cursor: Cursor[Totals], stream: list[Recorded[Added]], delivered: list[int]
) -> Cursor[Totals]:
    """What the engine does with a batch: sort, advance, and on a gap read what is missing."""
    events = [stream[version - 1] for version in sorted(delivered)]
    try:
        return advance(TOTALS.evolve, cursor, events)
    except Gap:
        cursor = advance(TOTALS.evolve, cursor, stream[cursor.version :])
        return advance(TOTALS.evolve, cursor, events)


def test_the_next_events_are_folded() -> None:
    assert advance(TOTALS.evolve, Cursor(), history(3)) == folded(3)
    assert advance(TOTALS.evolve, folded(3), history(5)[3:]) == folded(5)


def test_what_the_view_has_is_skipped() -> None:
    assert advance(TOTALS.evolve, folded(3), history(3)) == folded(3)
    assert advance(TOTALS.evolve, folded(3), history(4)) == folded(4)


def test_repeats_within_a_batch_are_skipped() -> None:
    one, two = history(2)
    assert advance(TOTALS.evolve, Cursor(), [one, one, two, two]) == folded(2)


def test_nothing_changes_nothing() -> None:
    assert advance(TOTALS.evolve, folded(2), []) is not None
    assert advance(TOTALS.evolve, Cursor(), []) == Cursor(0, None)


@pytest.mark.parametrize(("has", "delivered"), [(0, 2), (1, 3), (3, 9)])
def test_a_gap_is_refused_and_named(has: int, delivered: int) -> None:
    with pytest.raises(Gap, match=rf"'counter-1': the view has version {has}.*{delivered}"):
        advance(TOTALS.evolve, folded(has), [history(9)[delivered - 1]])


def test_a_gap_loses_nothing() -> None:
    before = folded(1)
    one_to_four = history(4)
    with pytest.raises(Gap):
        advance(TOTALS.evolve, before, [one_to_four[1], one_to_four[3]])
    assert before == folded(1)


@given(st.integers(1, 8), st.data())
def test_any_deliveries_end_in_the_fold_once_caught_up(length: int, data: st.DataObject) -> None:
    stream = history(length)
    batches = data.draw(st.lists(st.lists(st.integers(1, length), max_size=6), max_size=8))
    cursor: Cursor[Totals] = Cursor()
    for delivered in batches:
        before = cursor.version
        cursor = catch_up(cursor, stream, delivered)
        assert cursor.version >= max([before, *delivered])
        assert cursor == folded(cursor.version)
    assert catch_up(cursor, stream, [length]) == folded(length)


@given(st.integers(0, 8), st.integers(0, 8))
def test_catching_up_twice_changes_nothing(has: int, length: int) -> None:
    once = advance(TOTALS.evolve, folded(min(has, length)), history(length))
    assert advance(TOTALS.evolve, once, history(length)) == once == folded(length)

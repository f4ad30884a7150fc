"""How the steps of a report are put into batches: each as full as Cosmos DB takes it, none fuller."""

from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from projections.documents import MAX_BYTES, MAX_OPERATIONS, size_of
from projections.report_keeper import MAX_ROWS, ROW_BYTES, Step, packed


def step(number: int, rows: set[int], kilobytes: int) -> Step:
    """What takes an entry of a size to its next state, moving some rows."""
    moved = {str(row): {"n": Decimal(1)} for row in rows}
    return Step(f"a{number}", {"id": f"a{number}", "view": "x" * 1000 * kilobytes}, moved, {})


rows = st.sets(st.integers(0, 150), max_size=MAX_ROWS)
lists = st.lists(st.tuples(rows, st.integers(0, 3) | st.just(700)), max_size=60).map(
    lambda given: [step(number, *each) for number, each in enumerate(given)]
)


def fits(batch: list[Step]) -> bool:
    moved = {row for each in batch for row in each.moved}
    size = sum(size_of(each.entry) for each in batch) + ROW_BYTES * len(moved)
    return len(batch) + len(moved) <= MAX_OPERATIONS and size <= MAX_BYTES


@given(lists)
def test_every_batch_can_be_taken_and_no_two_could_have_been_one_step_fewer(
    steps: list[Step],
) -> None:
    batches = packed(steps)
    assert [each for batch in batches for each in batch] == steps
    assert all(batches)
    assert all(fits(batch) for batch in batches)
    for batch, following in pairwise(batches):
        assert not fits([*batch, following[0]])


def test_a_batch_holds_just_so_many_rows_beside_its_entries() -> None:
    full = [step(1, set(range(49)), 0), step(2, set(range(49, 98)), 0)]
    assert len(packed(full)) == 1
    assert len(packed([*full, step(3, {0}, 0)])) == 2
    more = [step(number, {number}, 0) for number in range(3, 40)]
    assert [len(batch) for batch in packed([*full, *more])] == [2, 37]
    assert len(packed([step(1, set(range(99)), 0), step(2, set(), 0)])) == 2


def test_an_entry_that_is_larger_than_a_batch_goes_alone_and_is_refused_by_who_knows_better() -> (
    None
):
    sizes = (1, 2000, 1)
    batches = packed([step(number, set(), size) for number, size in enumerate(sizes)])
    assert [len(batch) for batch in batches] == [1, 1, 1]

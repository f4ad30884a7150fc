"""Figures, aims and the report: what is measured needs no test, how it is judged does."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.figures import Aim, Effort, Figure, at_least, at_most
from bench.measuring import percentile
from bench.registry import BENCHMARKS
from bench.report import document


def figure(value: float, beside: float, *aims: Aim) -> Figure:
    return Figure(
        what="what", value=value, unit="ms", beside="beside", beside_value=beside, aims=aims
    )


@pytest.mark.parametrize(
    ("aim", "met"),
    [
        (at_most(1.5), True),
        (at_most(1.4), False),
        (at_least(1.5), True),
        (at_least(1.6), False),
        (at_most(3, "value"), True),
        (at_most(2.9, "value"), False),
        (at_least(3, "value"), True),
        (at_least(3.1, "value"), False),
    ],
)
def test_an_aim_is_for_the_ratio_or_for_the_value_and_its_limit_meets_it(
    aim: Aim, met: bool
) -> None:
    assert figure(3, 2, aim).is_met is met


def test_every_aim_must_be_met_and_without_one_there_is_nothing_to_meet() -> None:
    assert figure(3, 2, at_most(2), at_most(1)).is_met is False
    assert figure(3, 2).is_met is None


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0.01, 1))
def test_a_percentile_is_a_value_that_so_many_do_not_exceed(
    values: list[float], share: float
) -> None:
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9
    assert sum(value < found for value in values) < share * len(values) + 1e-9


def test_the_report_names_every_figure_with_its_ratio_and_whether_its_aims_are_met() -> None:
    results = {"one": [figure(3, 2, at_most(1))], "two": [figure(1, 4)]}
    report = json.loads(document(results, Effort(quick=True)))
    assert report["quick"] is True
    (first,), (second,) = report["benchmarks"]["one"], report["benchmarks"]["two"]
    assert (first["ratio"], first["met"]) == (1.5, False)
    assert (second["ratio"], second["met"]) == (0.25, None)


def test_every_benchmark_has_a_name_of_its_own() -> None:
    names = [benchmark.name for benchmark in BENCHMARKS]
    assert len(set(names)) == len(names)

"""From request units and messages to a bill: each line on its own, and the limits of a throughput unit."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.bill import SECONDS, Load, Prices, Traffic, bill, traffic
from ops.sample_commands import SAMPLES
from ops.spending import Spending, Spent

FREE = Prices(million_request_units=0, throughput_unit_hour=0, million_events=0)


def spent(*messages: int, command: float = 0, feed: float = 0, **projections: float) -> Spent:
    return Spent(SAMPLES[0], 1, command, feed, projections, messages)


def spending(*commands: Spent, poll: float = 0, checkpoint: float = 0) -> Spending:
    return Spending(commands, poll, checkpoint)


def load(rate: float = 10, poll_milliseconds: int = 1000) -> Load:
    return Load(rate, poll_milliseconds, consumer_groups=5)


def amounts(of: Spending, at: Load) -> dict[str, float]:
    """The bill's amounts; request units as per second."""
    lines = bill(of, at, FREE)
    return {
        line.what: line.amount * 10**6 / SECONDS if line.unit == "million RU" else line.amount
        for line in lines
    }


def test_request_units_are_those_of_the_mean_command_at_the_rate() -> None:
    costs = spending(spent(500, command=6, feed=2, a=7, b=3), spent(500, command=4, feed=2, a=1))
    found = amounts(costs, load(rate=10))
    assert found["commands"] == pytest.approx(50)
    assert found["change feed, events"] == pytest.approx(20)
    assert found["projections"] == pytest.approx(55)


def test_the_feed_is_polled_at_its_delay_whether_anything_happens_or_not() -> None:
    costs = spending(spent(500), poll=2, checkpoint=5)
    assert amounts(costs, load(0, 500))["change feed, polls"] == pytest.approx(4)
    assert amounts(costs, load(0, 500))["change feed, checkpoints"] == 0


@pytest.mark.parametrize(("rate", "units"), [(0.5, 2.5), (1, 5), (2, 10), (100, 10)])
def test_there_is_a_checkpoint_for_each_command_but_at_most_one_for_each_poll(
    rate: float, units: float
) -> None:
    costs = spending(spent(500), checkpoint=5)
    assert amounts(costs, load(rate, 500))["change feed, checkpoints"] == pytest.approx(units)


def test_each_line_has_its_own_price() -> None:
    prices = Prices(million_request_units=0.25, throughput_unit_hour=0.03, million_events=0.028)
    lines = {line.what: line for line in bill(spending(spent(500, command=6)), load(), prices)}
    assert lines["commands"].price == pytest.approx(6 * 10 * SECONDS / 10**6 * 0.25)
    assert lines["throughput units"].price == pytest.approx(730 * 0.03)
    assert lines["events into the hub"].price == pytest.approx(10 * SECONDS / 10**6 * 0.028)


def test_every_consumer_group_reads_every_event() -> None:
    found = traffic(spending(spent(400, 600)), load(rate=10))
    assert found == Traffic(events=20, bytes_in=10_000, consumer_groups=5)


@pytest.mark.parametrize(
    ("events", "size", "groups", "units"),
    [
        (0, 0, 5, 1),
        (1000, 1, 1, 1),
        (1001, 1, 1, 2),
        (10, 100_000, 1, 1),
        (11, 100_000, 1, 2),
        (900, 1, 5, 2),
        (10, 100_000, 6, 3),
    ],
)
def test_throughput_units_are_what_the_tightest_limit_asks_for(
    events: float, size: int, groups: int, units: int
) -> None:
    assert Traffic(events, events * size, groups).throughput_units == units


rates = st.floats(0, 10_000)


@given(rates, rates, st.lists(st.integers(1, 200_000), min_size=1, max_size=5))
def test_a_higher_rate_never_costs_less(one: float, other: float, messages: Sequence[int]) -> None:
    costs = spending(spent(*messages, command=6, feed=2, a=7), poll=2, checkpoint=5)
    prices = Prices(million_request_units=0.25, throughput_unit_hour=0.03, million_events=0.028)
    low, high = (
        sum(line.price for line in bill(costs, load(rate), prices)) for rate in sorted((one, other))
    )
    assert low <= high * (1 + 1e-12)

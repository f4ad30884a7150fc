"""Timer schedules."""

from datetime import datetime, time, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.functions_host.ncrontab import Crontab, Interval, parse_schedule

MONDAY = datetime(2024, 1, 1, 0, 0, 0)


def occurrences(text: str, count: int, after: datetime = MONDAY) -> list[str]:
    schedule = parse_schedule(text)
    found = []
    for _ in range(count):
        after = schedule.next_after(after)
        found.append(after.strftime("%m-%d %H:%M:%S"))
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 */5 * * * *", ["01-01 00:05:00", "01-01 00:10:00"]),
        ("30 0 9-10 * * *", ["01-01 09:00:30", "01-01 10:00:30"]),
        ("0 0 0 1 * *", ["02-01 00:00:00", "03-01 00:00:00"]),
        ("0 0 8 * * Fri", ["01-05 08:00:00", "01-12 08:00:00"]),
        ("0 0 8 * * 1-5", ["01-01 08:00:00", "01-02 08:00:00"]),
        ("0 0 0 29 Feb *", ["02-29 00:00:00", "02-29 00:00:00"]),
        ("0,30 * * * * *", ["01-01 00:00:30", "01-01 00:01:00"]),
        ("50/5 0 0 * * *", ["01-01 00:00:50", "01-01 00:00:55"]),
        ("0 0 0 13 * Friday", ["09-13 00:00:00", "12-13 00:00:00"]),
        ("*/5 * * * *", ["01-01 00:05:00", "01-01 00:10:00"]),
        ("01:30:00", ["01-01 01:30:00", "01-01 03:00:00"]),
    ],
)
def test_a_schedule_occurs_when_it_says(text: str, expected: list[str]) -> None:
    assert occurrences(text, 2) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "* * *",
        "60 * * * * *",
        "0 0 0 0 * *",
        "0 0 0 * * 7",
        "0 5-1 * * * *",
        "x * * * * *",
        "0 */0 * * * *",
        "0 0 0 * * S",
        "00:00:00",
        "25:00:00",
        "*-3 * * * * *",
    ],
)
def test_a_bad_schedule_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_schedule(text)


def test_a_day_that_never_comes_is_an_error_not_a_loop() -> None:
    with pytest.raises(ValueError, match="never"):
        parse_schedule("0 0 0 31 Feb *").next_after(datetime(9990, 1, 1))


fields = st.frozensets(st.integers(0, 59), min_size=1, max_size=4)


@given(
    seconds=fields,
    minutes=fields,
    hours=st.frozensets(st.integers(0, 23), min_size=1, max_size=4),
    after=st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)),
)
def test_nothing_that_is_allowed_lies_between_a_moment_and_the_next_occurrence(
    seconds: frozenset[int], minutes: frozenset[int], hours: frozenset[int], after: datetime
) -> None:
    everything = frozenset(range(32))
    schedule = Crontab(seconds, minutes, hours, everything, everything, everything)
    midnight = datetime.combine(after, time.min)
    allowed = [
        midnight + timedelta(days=day, hours=hour, minutes=minute, seconds=second)
        for day, hour, minute, second in product(range(2), hours, minutes, seconds)
    ]
    assert schedule.next_after(after) == min(moment for moment in allowed if moment > after)


def test_a_time_span_counts_from_the_moment() -> None:
    assert Interval(90).next_after(MONDAY) == MONDAY + timedelta(seconds=90)

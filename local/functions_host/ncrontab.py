"""Timer schedules: NCRONTAB expressions of six fields (or five), and time spans."""

import calendar
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from local.functions_host.host_json import parse_time_span

_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_MONTHS = tuple(name.lower() for name in calendar.month_name)
_LAST_YEAR = 9998


class Schedule(Protocol):
    """When a timer fires."""

    def next_after(self, moment: datetime) -> datetime:
        """The first occurrence later than `moment`, in its zone."""
        ...


@dataclass(frozen=True, slots=True)
class Interval:
    """A time span: it counts from the last run, not from the hour."""

    seconds: float

    def next_after(self, moment: datetime) -> datetime:
        """`moment` and the span."""
        return moment + timedelta(seconds=self.seconds)


@dataclass(frozen=True, slots=True)
class Crontab:
    """The values that each field allows; day and weekday must both hold, as in NCrontab."""

    seconds: frozenset[int]
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]

    def next_after(self, moment: datetime) -> datetime:
        """The first occurrence later than `moment`. Raises ValueError when there is none."""
        at = moment.replace(microsecond=0) + timedelta(seconds=1)
        while at.year <= _LAST_YEAR:
            if not self._allows_day(at):
                at = at.replace(hour=0, minute=0, second=0) + timedelta(days=1)
            elif at.hour not in self.hours:
                at = at.replace(minute=0, second=0) + timedelta(hours=1)
            elif at.minute not in self.minutes:
                at = at.replace(second=0) + timedelta(minutes=1)
            elif at.second not in self.seconds:
                at += timedelta(seconds=1)
            else:
                return at
        raise ValueError("the schedule never occurs")

    def _allows_day(self, at: datetime) -> bool:
        return (
            at.month in self.months and at.day in self.days and at.isoweekday() % 7 in self.weekdays
        )


def parse_schedule(text: str) -> Schedule:
    """`0 */5 * * * *` or `00:05:00`. Raises ValueError that says what is wrong."""
    fields = text.split()
    if len(fields) == 1 and ":" in text:
        seconds = parse_time_span(text)
        if seconds <= 0:
            raise ValueError(f"{text!r}: a time span must be longer than nothing")
        return Interval(seconds)
    if len(fields) == 5:
        fields.insert(0, "0")
    if len(fields) != 6:
        raise ValueError(
            f"{text!r}: expected six fields (second minute hour day month weekday) or hh:mm:ss"
        )
    return Crontab(
        _values(fields[0], 0, 59),
        _values(fields[1], 0, 59),
        _values(fields[2], 0, 23),
        _values(fields[3], 1, 31),
        _values(fields[4], 1, 12, _MONTHS),
        _values(fields[5], 0, 6, _DAYS),
    )


def _values(field: str, low: int, high: int, names: tuple[str, ...] = ()) -> frozenset[int]:
    values: set[int] = set()
    for part in field.split(","):
        found = re.fullmatch(r"(\*|\w+)(?:-(\w+))?(?:/([0-9]+))?", part)
        if found is None or (found[1] == "*" and found[2]):
            raise ValueError(f"{part!r} is not a value, a-b, *, or one of them with /step")
        first = low if found[1] == "*" else _value(found[1], low, high, names)
        last = high if found[1] == "*" or found[3] else first
        if found[2]:
            last = _value(found[2], low, high, names)
        step = int(found[3] or 1)
        if step < 1 or last < first:
            raise ValueError(f"{part!r} allows nothing")
        values.update(range(first, last + 1, step))
    return frozenset(values)


def _value(text: str, low: int, high: int, names: tuple[str, ...]) -> int:
    if text.isdecimal():
        value = int(text)
    else:
        matching = [
            index for index, name in enumerate(names) if name and name.startswith(text.lower())
        ]
        if len(text) < 3 or len(matching) != 1:
            raise ValueError(f"{text!r} is not a number or a name of this field")
        value = matching[0]
    if not low <= value <= high:
        raise ValueError(f"{text} is not between {low} and {high}")
    return value

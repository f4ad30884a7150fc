"""Date and time functions: text is `YYYY-MM-DDThh:mm:ss.fffffffZ`, a tick 100 nanoseconds."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from local.cosmos.sql.values import UNDEFINED, Value, is_number

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FORM: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,7}))?)?Z?)?")
_TICKS_PER_SECOND: Final = 10_000_000
_UNITS: Final[dict[str, int]] = {
    "day": 86_400 * _TICKS_PER_SECOND,
    "hour": 3_600 * _TICKS_PER_SECOND,
    "minute": 60 * _TICKS_PER_SECOND,
    "second": _TICKS_PER_SECOND,
    "millisecond": 10_000,
    "microsecond": 10,
}
_ABBREVIATIONS: Final = {
    "year": "yyyy yy",
    "month": "mm m",
    "day": "dd d",
    "hour": "hh",
    "minute": "mi n",
    "second": "ss s",
    "millisecond": "ms",
    "microsecond": "mcs",
}
_SYNONYMS: Final = {
    short: unit for unit, shorts in _ABBREVIATIONS.items() for short in shorts.split()
}


def _ticks(text: Value) -> int | None:
    """Ticks since 1970 of a date's text, None when it is none."""
    match = _FORM.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    seconds = round((moment - _EPOCH).total_seconds())
    return seconds * _TICKS_PER_SECOND + int((match[7] or "").ljust(7, "0"))


def _text(ticks: float) -> Value:
    seconds, fraction = divmod(int(ticks), _TICKS_PER_SECOND)
    try:
        moment = _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return UNDEFINED
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{fraction:07d}Z"


def _now_ticks() -> int:
    return (datetime.now(UTC) - _EPOCH) // timedelta(microseconds=1) * 10


def _unit(part: Value) -> str:
    name = part.lower() if isinstance(part, str) else ""
    return _SYNONYMS.get(name, name)


def _part(part: Value, text: Value) -> Value:
    ticks, unit = _ticks(text), _unit(part)
    if ticks is None:
        return UNDEFINED
    match unit:
        case "year" | "month" | "day" | "hour" | "minute" | "second":
            moment = _EPOCH + timedelta(seconds=ticks // _TICKS_PER_SECOND)
            return getattr(moment, unit)
        case "millisecond" | "microsecond":
            return ticks % _TICKS_PER_SECOND // _UNITS[unit]
        case _:
            return UNDEFINED


def _add(part: Value, amount: Value, text: Value) -> Value:
    ticks, unit = _ticks(text), _unit(part)
    if ticks is None or not is_number(amount):
        return UNDEFINED
    if unit in ("year", "month"):
        return _add_months(ticks, int(amount) * (12 if unit == "year" else 1))
    return _text(ticks + int(amount) * _UNITS[unit]) if unit in _UNITS else UNDEFINED


def _add_months(ticks: int, months: int) -> Value:
    seconds, fraction = divmod(ticks, _TICKS_PER_SECOND)
    moment = _EPOCH + timedelta(seconds=seconds)
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    for day in range(moment.day, 27, -1) or (moment.day,):
        try:
            shifted = moment.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
        return _text(round((shifted - _EPOCH).total_seconds()) * _TICKS_PER_SECOND + fraction)
    return UNDEFINED


def _difference(part: Value, start: Value, end: Value) -> Value:
    first, last, unit = _ticks(start), _ticks(end), _unit(part)
    if first is None or last is None:
        return UNDEFINED
    if unit in ("year", "month"):
        years = _part("year", end) - _part("year", start)
        months = _part("month", end) - _part("month", start)
        return years if unit == "year" else years * 12 + months
    return last // _UNITS[unit] - first // _UNITS[unit] if unit in _UNITS else UNDEFINED


def _to_ticks(text: Value) -> Value:
    ticks = _ticks(text)
    return UNDEFINED if ticks is None else ticks


def _to_milliseconds(text: Value) -> Value:
    ticks = _ticks(text)
    return UNDEFINED if ticks is None else ticks // 10_000


def _from_ticks(ticks: Value) -> Value:
    return _text(ticks) if is_number(ticks) else UNDEFINED


def _from_milliseconds(milliseconds: Value) -> Value:
    return _text(milliseconds * 10_000) if is_number(milliseconds) else UNDEFINED


DATE_FUNCTIONS: Final[dict[str, Callable[..., Value]]] = {
    "GETCURRENTDATETIME": lambda: _text(_now_ticks()),
    "GETCURRENTTIMESTAMP": lambda: _now_ticks() // 10_000,
    "GETCURRENTTICKS": _now_ticks,
    "DATETIMEADD": _add,
    "DATETIMEDIFF": _difference,
    "DATETIMEPART": _part,
    "DATETIMETOTICKS": _to_ticks,
    "DATETIMETOTIMESTAMP": _to_milliseconds,
    "TICKSTODATETIME": _from_ticks,
    "TIMESTAMPTODATETIME": _from_milliseconds,
}

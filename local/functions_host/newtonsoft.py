"""JSON as Newtonsoft.Json hands it on: strings that look like dates come out rewritten.

The host reads documents with date parsing on and writes them again (known and open:
azure-functions-host issues 7114 and 9610, azure-webjobs-sdk-extensions 898). The rules are those
of its `DateTimeUtils`, `DateTimeParser` and `JsonTextWriter`.
"""

import calendar
import math
import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any

_ISO = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})"
    r"(?:\.([0-9]{1,7}))?"
    r"(?:(?P<utc>[Zz])|(?P<sign>[+-])(?P<hours>[0-9]{2}):?(?P<minutes>[0-9]{2})?)?"
)
_MICROSOFT = re.compile(r"/Date\((-?[0-9]+)(?P<offset>[+-][0-9]{2}(?:[0-9]{2})?)?\)/")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def dumps(value: Any) -> str:
    """Compact JSON, as the host puts it on the wire to the worker."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return str(encode_basestring(rewrite_date(value)))
        case int():
            return str(value)
        case float():
            return _number(value)
        case dict():
            members = (f"{encode_basestring(name)}:{dumps(item)}" for name, item in value.items())
            return "{" + ",".join(members) + "}"
        case list():
            return "[" + ",".join(map(dumps, value)) + "]"
    raise TypeError(f"{type(value).__name__} is not a JSON value")


def rewrite_date(text: str) -> str:
    """`text` as it is, or, where it reads as a date and time, as Newtonsoft writes that one."""
    if 19 <= len(text) <= 40 and text[10] == "T":
        found = _ISO.fullmatch(text)
        rewritten = _from_iso(found) if found else None
    elif text.startswith("/Date("):
        found = _MICROSOFT.fullmatch(text)
        rewritten = _from_microsoft(found) if found else None
    else:
        return text
    return text if rewritten is None else rewritten


def _from_iso(found: re.Match[str]) -> str | None:
    year, month, day, hour, minute, second = (int(found[group]) for group in range(1, 7))
    ticks = int((found[7] or "").ljust(7, "0"))
    if not (year >= 1 and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]):
        return None
    midnight_after = hour == 24 and minute == second == ticks == 0
    if not (hour < 24 or midnight_after) or minute > 59 or second > 59:
        return None
    try:
        moment = datetime(year, month, day, hour % 24, minute, second)
        moment += timedelta(days=int(midnight_after))
        return _in_zone(moment, ticks, found)
    except OverflowError:
        return None


def _in_zone(moment: datetime, ticks: int, found: re.Match[str]) -> str:
    if found["utc"]:
        return _write(moment, ticks, "Z")
    if not found["sign"]:
        return _write(moment, ticks, "")
    offset = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"] or 0))
    moment = moment - offset if found["sign"] == "+" else moment + offset
    return _write_local(moment.replace(tzinfo=UTC), ticks)


def _from_microsoft(found: re.Match[str]) -> str | None:
    seconds, milliseconds = divmod(int(found[1]), 1000)
    try:
        moment = _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return None
    ticks = milliseconds * 10_000
    return _write_local(moment, ticks) if found["offset"] else _write(moment, ticks, "Z")


def _write_local(moment: datetime, ticks: int) -> str:
    local = moment.astimezone()
    offset = local.utcoffset() or timedelta()
    sign = "-" if offset < timedelta() else "+"
    zone = timezone(abs(offset)).tzname(None).removeprefix("UTC") or "+00:00"
    return _write(local, ticks, sign + zone[1:6])


def _write(moment: datetime, ticks: int, zone: str) -> str:
    fraction = f".{ticks:07}".rstrip("0") if ticks else ""
    return f"{moment.year:04}-{moment:%m-%dT%H:%M:%S}{fraction}{zone}"


def _number(value: float) -> str:
    """A double as .NET writes it (shortest, `1E+16` from 16 digits on), always with a point."""
    if not math.isfinite(value):
        return '"NaN"' if math.isnan(value) else '"Infinity"' if value > 0 else '"-Infinity"'
    negative, digits, exponent = Decimal(repr(value)).as_tuple()
    text = "".join(map(str, digits)).rstrip("0") or "0"
    point = len(digits) + int(exponent) if value else 1
    sign = "-" if negative else ""
    if point > max(len(text), 15) or point < -4 + 1:
        mantissa = text[0] + (f".{text[1:]}" if len(text) > 1 else "")
        return f"{sign}{mantissa}E{'-' if point < 1 else '+'}{abs(point - 1):02}"
    if point <= 0:
        return f"{sign}0.{'0' * -point}{text}"
    return f"{sign}{text[:point].ljust(point, '0')}.{text[point:] or '0'}"

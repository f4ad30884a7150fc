"""The rewriting of date-like strings and numbers, as it was seen on the real host."""

import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.functions_host.newtonsoft import dumps, rewrite_date

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=10),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@pytest.fixture
def _zone(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield
    os.environ.pop("TZ")
    if before is not None:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.parametrize("_zone", ["UTC"], indirect=True)
@pytest.mark.usefixtures("_zone")
@pytest.mark.parametrize(
    ("stored", "handed_over"),
    [
        ("2024-01-02T03:04:05.000Z", "2024-01-02T03:04:05Z"),
        ("2024-01-02T03:04:05.120000Z", "2024-01-02T03:04:05.12Z"),
        ("2024-01-02T03:04:05.120000z", "2024-01-02T03:04:05.12Z"),
        ("2024-01-02T03:04:05.123000+00:00", "2024-01-02T03:04:05.123+00:00"),
        ("2024-01-02T05:04:05+02:00", "2024-01-02T03:04:05+00:00"),
        ("2024-01-02T01:04:05-0200", "2024-01-02T03:04:05+00:00"),
        ("2024-01-02T05:04:05+02", "2024-01-02T03:04:05+00:00"),
        ("2024-02-28T24:00:00Z", "2024-02-29T00:00:00Z"),
        ("/Date(1234567890000)/", "2009-02-13T23:31:30Z"),
        ("/Date(1234567890120)/", "2009-02-13T23:31:30.12Z"),
        ("/Date(-1)/", "1969-12-31T23:59:59.999Z"),
        ("/Date(1234567890000+0200)/", "2009-02-13T23:31:30+00:00"),
    ],
)
def test_a_date_and_time_is_rewritten(stored: str, handed_over: str) -> None:
    assert rewrite_date(stored) == handed_over


@pytest.mark.parametrize("_zone", ["XXX-05:30"], indirect=True)
@pytest.mark.usefixtures("_zone")
def test_an_offset_becomes_the_zone_of_the_host() -> None:
    assert rewrite_date("2024-01-02T03:04:05+02:00") == "2024-01-02T06:34:05+05:30"
    assert rewrite_date("2024-01-02T03:04:05.50Z") == "2024-01-02T03:04:05.5Z"


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-02T03:04:05.123456Z",
        "2024-01-02T03:04:05.1234567Z",
        "2024-01-02T03:04:05",
        "2024-01-02T03:04:05.123",
        "2024-01-02",
        "2024-01-02 03:04:05.000Z",
        "2024-01-02T03:04Z",
        "2024-01-02T03:04:05.Z",
        "2024-01-02T03:04:05.00000000Z",
        "2024-13-02T03:04:05.000Z",
        "2023-02-29T03:04:05.000Z",
        "0000-01-02T03:04:05.000Z",
        "2024-01-02T25:04:05.000Z",
        "2024-01-02T24:00:01.000Z",
        "2024-01-02T24:00:00.100Z",
        "2024-01-02T03:60:05.000Z",
        "2024-01-02T03:04:05.000Z ",
        " 2024-01-02T03:04:05.000Z",
        "9999-12-31T24:00:00Z",
        "/Date(x)/",
        "/Date(99999999999999999999)/",
        "order-789",
        "",
    ],
)
def test_any_other_text_stays_as_it_is(text: str) -> None:
    assert rewrite_date(text) == text


def test_nested_values_are_rewritten_and_keys_are_not() -> None:
    stored = {"2024-01-02T03:04:05.000Z": {"at": ["2024-01-02T03:04:05.000Z"]}}
    assert dumps([stored]) == ('[{"2024-01-02T03:04:05.000Z":{"at":["2024-01-02T03:04:05Z"]}}]')


@pytest.mark.parametrize(
    ("stored", "handed_over"),
    [
        ("1.10", "1.1"),
        ("1e5", "100000.0"),
        ("1.0", "1.0"),
        ("12345678901234567890123", "12345678901234567890123"),
        ("-0.0", "-0.0"),
        ("0.0001", "0.0001"),
        ("0.00001", "1E-05"),
        ("1.5e-7", "1.5E-07"),
        ("1e14", "100000000000000.0"),
        ("1e15", "1E+15"),
        ("1234567890123456.0", "1234567890123456.0"),
        ("1.2345e300", "1.2345E+300"),
        ("49.99", "49.99"),
    ],
)
def test_numbers_are_written_as_dotnet_writes_them(stored: str, handed_over: str) -> None:
    assert dumps(json.loads(stored)) == handed_over


@given(JSON)
def test_the_text_is_json_that_means_the_same_but_for_dates(value: object) -> None:
    assert json.loads(dumps(value)) == value


@given(
    st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1)), st.integers(0, 6), st.integers(-99, 99)
)
def test_a_rewritten_date_is_the_same_moment_and_stays(
    moment: datetime, digits: int, quarters: int
) -> None:
    fraction = f".{moment.microsecond:06}"[: digits + 1] if digits else ""
    zone = timezone(timedelta(minutes=15 * max(-56, min(56, quarters))))
    text = f"{moment.replace(microsecond=0, tzinfo=zone).isoformat()}"
    text = text[:19] + fraction + text[19:]
    rewritten = rewrite_date(text)
    assert datetime.fromisoformat(rewritten) == datetime.fromisoformat(text)
    assert rewrite_date(rewritten) == rewritten


@given(st.datetimes(datetime(1, 1, 1), datetime(9999, 1, 1)))
def test_six_decimals_that_end_in_no_zero_come_through(moment: datetime) -> None:
    text = moment.replace(microsecond=moment.microsecond // 10 * 10 + 1, tzinfo=UTC).strftime(
        "%m-%dT%H:%M:%S.%fZ"
    )
    assert rewrite_date(f"{moment.year:04}-{text}") == f"{moment.year:04}-{text}"


def test_a_dumped_date_is_json_text() -> None:
    assert dumps(["\u2028é\n"]) == '["\u2028é\\n"]'

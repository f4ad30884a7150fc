"""Selector filters, and the place in a partition that they mean."""

from collections.abc import Iterator

import pytest
from azure.eventhub._utils import event_position_selector
from hypothesis import given
from hypothesis import strategies as st

from local.event_hubs.amqp.errors import LinkFault
from local.event_hubs.amqp.values import Described
from local.event_hubs.log import Log
from local.event_hubs.partition import Partition
from local.event_hubs.selector import StartPosition, last_before, parse_selector, start_position


@pytest.fixture
def log() -> Iterator[Log]:
    log = Log(None, lambda: 0)
    yield log
    log.close()


@given(st.integers(-1, 2**63 - 1), st.booleans())
def test_the_sdks_sequence_number_selector_is_understood(value: int, inclusive: bool) -> None:
    expression = event_position_selector(value, inclusive).decode()
    assert parse_selector(expression) == StartPosition("sequence-number", inclusive, value)


@pytest.mark.parametrize(
    ("expression", "position"),
    [
        ("amqp.annotation.x-opt-offset > '-1'", StartPosition("offset", False, -1)),
        ("amqp.annotation.x-opt-offset > '@latest'", StartPosition("offset", False, None)),
        ("amqp.annotation.x-opt-offset >= 12", StartPosition("offset", True, 12)),
        (
            "amqp.annotation.x-opt-enqueued-time >= '1700'",
            StartPosition("enqueued-time", True, 1700),
        ),
    ],
)
def test_selectors_are_read(expression: str, position: StartPosition) -> None:
    assert parse_selector(expression) == position


@pytest.mark.parametrize(
    "expression", ["", "1 = 1", "amqp.annotation.x-opt-offset < '5'", "x" * 10_000, "9" * 10_000]
)
def test_another_selector_is_refused_with_the_form_that_is_expected(expression: str) -> None:
    with pytest.raises(LinkFault, match=r"expected amqp\.annotation\.x-opt-"):
        parse_selector(expression)


def test_without_a_filter_reading_starts_at_the_beginning() -> None:
    assert start_position(None) == StartPosition("offset", False, -1)
    assert start_position({"other": "x"}) == StartPosition("offset", False, -1)


def test_a_described_filter_is_unwrapped() -> None:
    name = "apache.org:selector-filter:string"
    filters = {name: Described(name, "amqp.annotation.x-opt-sequence-number > '4'")}
    assert start_position(filters) == StartPosition("sequence-number", False, 4)


@pytest.mark.parametrize(
    ("inclusive", "value", "last"),
    [
        (False, 5, 5),
        (True, 5, 4),
        (False, -1, 2),
        (True, -1, 2),
        (False, 0, 2),
        (False, 9, 9),
        (True, 10, 9),
        (False, None, 9),
        (True, None, 9),
    ],
)
def test_positions_are_clamped_to_what_retention_has_left(
    log: Log, inclusive: bool, value: int | None, last: int
) -> None:
    partition = Partition("hub", 0, first=3, next_=10, last_enqueued_at=0)
    position = StartPosition("sequence-number", inclusive, value)
    assert last_before(position, partition, log) == last


@pytest.mark.parametrize(("inclusive", "value"), [(False, 10), (True, 11)])
def test_a_position_beyond_the_end_is_refused(log: Log, inclusive: bool, value: int) -> None:
    partition = Partition("hub", 0, first=3, next_=10, last_enqueued_at=0)
    with pytest.raises(LinkFault, match=f"offset '{value}' is invalid.*'9'"):
        last_before(StartPosition("offset", inclusive, value), partition, log)

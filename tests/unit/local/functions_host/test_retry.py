"""How long a retry waits, and how often there is one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.functions_host.retry import ExponentialBackoff, FixedDelay, attempts_left

MIDDLE = 1.0


def middle(low: float, high: float) -> float:
    return MIDDLE


def test_a_fixed_delay_is_the_same_every_time() -> None:
    policy = FixedDelay(3, 5.0)
    assert [policy.delay(retry, middle) for retry in (1, 2, 9)] == [5.0, 5.0, 5.0]


def test_an_exponential_delay_is_the_minimum_then_doubles_upon_it() -> None:
    policy = ExponentialBackoff(None, 2.0, 1000.0)
    delays = [policy.delay(retry, middle) for retry in range(1, 6)]
    assert delays == [2.0, 2.0 + 2.0, 2.0 + 4.0, 2.0 + 8.0, 2.0 + 16.0]


def test_an_exponential_delay_is_capped_however_many_retries_there_were() -> None:
    policy = ExponentialBackoff(None, 2.0, 10.0)
    assert policy.delay(5, middle) == 10.0
    assert policy.delay(100_000, middle) == 10.0


@given(st.integers(2, 20), st.floats(0.8, 1.2))
def test_jitter_moves_only_what_is_above_the_minimum(retry: int, drawn: float) -> None:
    policy = ExponentialBackoff(None, 1.0, 1e12)
    delay = policy.delay(retry, lambda low, high: drawn)
    assert 1 + 0.8 * 2 ** (retry - 2) <= delay <= 1 + 1.2 * 2 ** (retry - 2)


@pytest.mark.parametrize(
    ("most", "done", "again"), [(2, 0, True), (2, 1, True), (2, 2, False), (0, 0, False)]
)
def test_a_policy_of_n_gives_n_retries(most: int, done: int, again: bool) -> None:
    assert attempts_left(FixedDelay(most, 1.0), done) is again


def test_no_policy_is_no_retry_and_no_limit_is_for_ever() -> None:
    assert not attempts_left(None, 0)
    assert attempts_left(FixedDelay(None, 1.0), 10**9)

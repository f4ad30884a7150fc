"""What is remembered, for how long, and what goes first."""

from privacy.remembered import Remembered
from tests.fakes.clock import FakeClock


def test_a_value_is_known_for_its_lifetime_and_not_at_its_end() -> None:
    clock = FakeClock()
    known = Remembered[str, int](10, 5, clock)
    known.put("a", 1, clock.seconds)
    clock.seconds += 9.9
    assert known.get("a") == 1
    clock.seconds += 0.1
    assert known.get("a") is None
    assert len(known) == 0


def test_a_lifetime_begins_when_the_question_was_asked() -> None:
    clock = FakeClock()
    known = Remembered[str, int](10, 5, clock)
    asked = clock.seconds
    clock.seconds += 8
    known.put("a", 1, asked)
    clock.seconds += 2
    assert known.get("a") is None


def test_use_does_not_prolong_a_lifetime() -> None:
    clock = FakeClock()
    known = Remembered[str, int](10, 5, clock)
    known.put("a", 1, clock.seconds)
    for _ in range(9):
        clock.seconds += 1
        assert known.get("a") == 1
    clock.seconds += 1
    assert known.get("a") is None


def test_the_least_used_goes_first() -> None:
    clock = FakeClock()
    known = Remembered[str, int](10, 2, clock)
    known.put("a", 1, clock.seconds)
    known.put("b", 2, clock.seconds)
    assert known.get("a") == 1
    known.put("c", 3, clock.seconds)
    assert (known.get("a"), known.get("b"), known.get("c")) == (1, None, 3)


def test_what_expired_does_not_stay_in_memory_although_nobody_asks_for_it() -> None:
    clock = FakeClock()
    known = Remembered[str, int](10, 5, clock)
    for name in "abc":
        known.put(name, 1, clock.seconds)
    clock.seconds += 10
    known.put("d", 1, clock.seconds)
    assert len(known) == 1


def test_what_is_dropped_is_gone() -> None:
    clock = FakeClock()
    known = Remembered[str, int](10, 5, clock)
    known.put("a", 1, clock.seconds)
    known.drop("a")
    known.drop("b")
    assert known.get("a") is None

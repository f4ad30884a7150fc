"""The cache of aggregates: bounded in entries and in bytes, and never going back."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from event_store.cache import AggregateCache, Known
from event_store.documents import Head


def known(version: int, state: str = "") -> Known[str]:
    return Known(state, Head(version))


def test_what_was_put_is_there_until_it_is_dropped() -> None:
    cache = AggregateCache(entries=10, size=1000)
    cache.put("a", known(1))
    assert cache.get("a") == known(1)
    assert "a" in cache
    cache.drop("a")
    cache.drop("a")
    assert cache.get("a") is None
    assert (cache.hits, cache.misses) == (1, 1)


def test_an_older_state_does_not_replace_a_newer_one() -> None:
    cache = AggregateCache(entries=10, size=1000)
    cache.put("a", known(2))
    cache.put("a", known(1))
    assert cache.get("a") == known(2)
    cache.put("a", known(3))
    assert cache.get("a") == known(3)


def test_the_least_recently_used_goes_first() -> None:
    cache = AggregateCache(entries=2, size=1000)
    cache.put("a", known(1))
    cache.put("b", known(1))
    cache.get("a")
    cache.put("c", known(1))
    assert "a" in cache
    assert "b" not in cache
    assert "c" in cache


def test_a_state_larger_than_all_the_room_is_not_kept() -> None:
    cache = AggregateCache(entries=10, size=10)
    cache.put("a", known(1, "x" * 100))
    assert "a" not in cache


def test_without_entries_there_is_no_cache() -> None:
    cache = AggregateCache(entries=0, size=1000)
    cache.put("a", known(1))
    assert "a" not in cache


@given(
    st.integers(0, 5),
    st.integers(0, 60),
    st.lists(
        st.tuples(st.sampled_from("abcdefgh"), st.integers(1, 5), st.text("x", max_size=30)),
        max_size=40,
    ),
)
def test_neither_bound_is_ever_passed(
    entries: int, size: int, puts: list[tuple[str, int, str]]
) -> None:
    cache = AggregateCache(entries, size)
    for stream, version, state in puts:
        cache.put(stream, known(version, state))
        kept = [entry for name in "abcdefgh" if (entry := cache.get(name))]
        assert len(kept) <= entries
        assert sum(len(msgspec.json.encode(entry.state)) for entry in kept) <= size

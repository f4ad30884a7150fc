"""The key-encryption key at hand: asked for once a lifetime, by however many at once."""

import asyncio

import pytest

from privacy.errors import KeysUnavailable
from privacy.key_ring import KeyRing, WrappingKey
from tests.fakes.clock import FakeClock
from tests.fakes.keys import FakeKeySource


@pytest.fixture
def source() -> FakeKeySource:
    return FakeKeySource()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def ring(source: FakeKeySource, clock: FakeClock) -> KeyRing:
    return KeyRing(source, lifetime=300, clock=clock)


async def test_many_at_once_ask_once(ring: KeyRing, source: FakeKeySource) -> None:
    keys = await asyncio.gather(*(ring.newest() for _ in range(20)))
    assert set(keys) == {source.versions[0]}
    assert source.asked == ["newest"]


async def test_the_newest_is_also_known_by_its_version(
    ring: KeyRing, source: FakeKeySource
) -> None:
    newest = await ring.newest()
    assert await ring.version(newest.version) == newest
    assert source.asked == ["newest"]


async def test_a_rotation_elsewhere_is_seen_after_a_lifetime(
    ring: KeyRing, source: FakeKeySource, clock: FakeClock
) -> None:
    before = await ring.newest()
    after = await source.rotate()
    clock.seconds += 299
    assert await ring.newest() == before
    clock.seconds += 1
    assert await ring.newest() == after
    assert await ring.version(before.version) == before


async def test_a_source_that_is_away_fails_only_what_is_not_known(
    ring: KeyRing, source: FakeKeySource, clock: FakeClock
) -> None:
    newest = await ring.newest()
    source.away = True
    assert await ring.newest() == newest
    with pytest.raises(KeysUnavailable):
        await ring.version("7")
    clock.seconds += 300
    with pytest.raises(KeysUnavailable):
        await ring.newest()
    source.away = False
    assert await ring.newest() == newest


async def test_before_the_first_rotation_there_is_no_key(
    ring: KeyRing, source: FakeKeySource, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing() -> WrappingKey | None:
        return None

    monkeypatch.setattr(source, "newest", nothing)
    with pytest.raises(KeysUnavailable, match="rotate-key"):
        await ring.newest()


def test_a_key_is_not_shown(source: FakeKeySource) -> None:
    (key,) = source.versions
    assert repr(key) == "WrappingKey('1')"

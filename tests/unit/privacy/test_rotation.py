"""Rotation: whatever dies whenever, every key stays readable, and a rerun ends with all under the newest version."""

import asyncio

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_store.errors import StoreUnavailable
from privacy.key_ring import KeyRing
from privacy.rotation import Rewrapped, Rotation
from privacy.sealing import DataKey
from privacy.subject_keys import SubjectKey
from privacy.vault import Vault
from tests.fakes.keys import FakeKeySource, FakeSubjectKeys

PEOPLE = [f"person-{number}" for number in range(5)]


class House:
    def __init__(self) -> None:
        self.source = FakeKeySource()
        self.keys = FakeSubjectKeys()

    def vault(self) -> Vault:
        return Vault(KeyRing(self.source), self.keys)

    def rotation(self) -> Rotation:
        return Rotation(KeyRing(self.source), self.keys)

    async def everybody(self) -> list[DataKey]:
        vault = self.vault()
        return [await vault.key_of(person) for person in PEOPLE]

    async def rotate(self) -> tuple[bool, list[Rewrapped]]:
        rotation = self.rotation()
        newest, new = await rotation.begin()
        return new, [outcome async for _, outcome in rotation.rewrap(newest)]

    def wrapped_by(self) -> set[str | None]:
        return {key.wrapped_by for key, _ in self.keys.stored.values() if key.key_id}


@pytest.fixture
def house() -> House:
    return House()


async def test_everybodys_key_is_the_same_under_the_newest_version(house: House) -> None:
    before = await house.everybody()
    assert await house.rotate() == (True, [Rewrapped.DONE] * len(PEOPLE))
    assert house.wrapped_by() == {"2"}
    assert await house.everybody() == before


async def test_the_older_version_is_not_needed_any_more(house: House) -> None:
    before = await house.everybody()
    await house.rotate()
    del house.source.versions[0]
    assert await house.everybody() == before


@given(st.lists(st.tuples(st.integers(0, 8), st.sampled_from(["before", "after"])), max_size=4))
def test_wherever_it_dies_every_key_stays_readable_and_a_rerun_finishes(
    deaths: list[tuple[int, str]],
) -> None:
    async def die_and_rerun() -> None:
        house = House()
        before = await house.everybody()
        for survived, fault in deaths:
            house.keys.faults.extend([None] * survived + [fault])
            try:
                await house.rotate()
            except StoreUnavailable:
                house.keys.faults.clear()
            house.keys.faults.clear()
            assert await house.everybody() == before
        await house.rotate()
        assert house.wrapped_by() == {house.source.versions[-1].version}
        assert await house.everybody() == before

    asyncio.run(die_and_rerun())


async def test_a_rotation_that_died_is_finished_before_another_begins(house: House) -> None:
    await house.everybody()
    house.keys.faults.extend([None, None, "before"])
    with pytest.raises(StoreUnavailable):
        await house.rotate()
    assert house.wrapped_by() == {"1", "2"}
    assert await house.rotate() == (False, [Rewrapped.DONE] * 3)
    assert [key.version for key in house.source.versions] == ["1", "2"]
    assert (await house.rotate())[0] is True
    assert house.wrapped_by() == {"3"}


async def test_a_key_that_an_erasure_destroys_meanwhile_does_not_come_back(house: House) -> None:
    await house.everybody()
    rotation = house.rotation()
    newest, _ = await rotation.begin()
    steps = rotation.rewrap(newest)
    await anext(steps)
    load = house.keys.not_wrapped_by

    stored, etag = house.keys.stored[PEOPLE[1]]
    late = rotation._rewrapped(stored, etag, newest)
    assert await house.keys.save(SubjectKey(PEOPLE[1], erased_at="then"), etag)
    assert await late is Rewrapped.OVERTAKEN
    assert house.keys.stored[PEOPLE[1]][0].key_id is None
    assert PEOPLE[1] not in [key.id async for key, _ in load(newest.version)]


async def test_a_key_that_cannot_be_unwrapped_is_named_and_holds_up_nobody(house: House) -> None:
    await house.everybody()
    stored, etag = house.keys.stored[PEOPLE[2]]
    house.keys.stored[PEOPLE[2]] = (msgspec.structs.replace(stored, wrapped="AAAA"), etag)
    rotation = house.rotation()
    newest, _ = await rotation.begin()
    outcomes = dict([step async for step in rotation.rewrap(newest)])
    assert [name for name, outcome in outcomes.items() if outcome is Rewrapped.UNREADABLE] == [
        PEOPLE[2]
    ]
    assert await rotation.left(newest) == 1


async def test_the_moment_of_an_erasure_outlives_a_rotation(house: House) -> None:
    house.keys.stored["ada"] = (SubjectKey("ada", erased_at="then"), "e")
    await house.vault().key_of("ada")
    await house.rotate()
    assert house.keys.stored["ada"][0].erased_at == "then"

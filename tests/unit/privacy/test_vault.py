"""People's keys: one per person whoever is first, remembered for a while, never confused, never resurrected."""

import asyncio

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_store.errors import StoreUnavailable
from privacy.errors import Erased, KeysUnavailable, Tampered
from privacy.key_ring import KeyRing
from privacy.sealing import DataKey, Sealed, seal
from privacy.subject_keys import SubjectKey, wrapped
from privacy.vault import Vault
from tests.fakes.clock import FakeClock
from tests.fakes.keys import FakeKeySource, FakeSubjectKeys

PLACE = "order-1|1|data/signedBy"


class House:
    """One store of keys, and as many processes as are asked for."""

    def __init__(self) -> None:
        self.source = FakeKeySource()
        self.keys = FakeSubjectKeys()
        self.clock = FakeClock()

    def vault(self, most: int = 100) -> Vault:
        ring = KeyRing(self.source, clock=self.clock)
        return Vault(ring, self.keys, lifetime=300, most=most, clock=self.clock)

    def erase(self, subject: str) -> None:
        _, etag = self.keys.stored[subject]
        self.keys.stored[subject] = (SubjectKey(subject, erased_at="then"), f"{etag}'")


@pytest.fixture
def house() -> House:
    return House()


def sealed(value: str, key: DataKey) -> Sealed:
    return msgspec.convert(seal(value, key, PLACE), Sealed)


async def test_a_new_person_costs_a_read_and_a_write_once(house: House) -> None:
    vault = house.vault()
    key = await vault.key_of("ada")
    assert house.keys.asked == ["load", "save"]
    assert await vault.key_of("ada") == key
    assert await vault.open(sealed("x", key), PLACE) == "x"
    assert house.keys.asked == ["load", "save"]


async def test_a_known_person_costs_one_read_in_each_process(house: House) -> None:
    key = await house.vault().key_of("ada")
    house.keys.asked.clear()
    other = house.vault()
    assert await other.key_of("ada") == key
    assert await other.key_of("ada") == key
    assert house.keys.asked == ["load"]


@given(st.integers(2, 5))
def test_of_several_makers_one_wins_and_all_have_its_key(makers: int) -> None:
    async def race() -> None:
        house = House()
        keys = await asyncio.gather(*(house.vault().key_of("ada") for _ in range(makers)))
        assert len(set(keys)) == 1
        assert house.keys.stored["ada"][0].key_id == keys[0].id

    asyncio.run(race())


@pytest.mark.parametrize("operation", [0, 1])
@pytest.mark.parametrize("fault", ["before", "after"])
async def test_a_lost_answer_fails_the_command_and_the_next_has_the_one_key(
    house: House, fault: str, operation: int
) -> None:
    house.keys.faults.extend([None] * operation + [fault])
    vault = house.vault()
    with pytest.raises(StoreUnavailable):
        await vault.key_of("ada")
    key = await vault.key_of("ada")
    assert await house.vault().key_of("ada") == key


async def test_a_key_is_forgotten_after_its_lifetime(house: House) -> None:
    vault = house.vault()
    key = await vault.key_of("ada")
    house.erase("ada")
    house.clock.seconds += 299.9
    assert await vault.open(sealed("x", key), PLACE) == "x"
    house.clock.seconds += 0.1
    with pytest.raises(Erased):
        await vault.open(sealed("x", key), PLACE)


async def test_what_was_erased_is_looked_up_once(house: House) -> None:
    key = await house.vault().key_of("ada")
    house.erase("ada")
    vault = house.vault()
    house.keys.asked.clear()
    for _ in range(3):
        with pytest.raises(Erased):
            await vault.open(sealed("x", key), PLACE)
    assert house.keys.asked == ["load"]


async def test_after_an_erasure_a_person_has_another_key_and_the_old_stays_gone(
    house: House,
) -> None:
    old = await house.vault().key_of("ada")
    house.erase("ada")
    vault = house.vault()
    new = await vault.key_of("ada")
    assert new.id != old.id
    assert house.keys.stored["ada"][0].erased_at == "then"
    assert await vault.open(sealed("x", new), PLACE) == "x"
    with pytest.raises(Erased):
        await vault.open(sealed("x", old), PLACE)
    assert await vault.key_of("ada") == new


async def test_a_lost_key_is_not_taken_for_an_erased_one(house: House) -> None:
    key = await house.vault().key_of("ada")
    del house.keys.stored["ada"]
    with pytest.raises(KeysUnavailable, match="missing"):
        await house.vault().open(sealed("x", key), PLACE)
    await house.vault().key_of("ada")
    with pytest.raises(KeysUnavailable, match="missing"):
        await house.vault().open(sealed("x", key), PLACE)


async def test_so_many_keys_are_kept_in_memory_and_no_more(house: House) -> None:
    vault = house.vault(most=2)
    for subject in ("ada", "bob", "cy"):
        await vault.key_of(subject)
    house.keys.asked.clear()
    await vault.key_of("cy")
    await vault.key_of("bob")
    assert house.keys.asked == []
    await vault.key_of("ada")
    assert house.keys.asked == ["load"]


async def test_without_the_wrapping_key_nothing_is_made_and_nothing_is_opened(
    house: House,
) -> None:
    key = await house.vault().key_of("ada")
    house.source.away = True
    for work in (
        house.vault().key_of("ada"),
        house.vault().key_of("new"),
        house.vault().open(sealed("x", key), PLACE),
    ):
        with pytest.raises(KeysUnavailable):
            await work
    assert house.keys.stored.keys() == {"ada"}


async def test_a_key_cannot_be_given_to_somebody_else(house: House) -> None:
    await house.vault().key_of("ada")
    stored, etag = house.keys.stored["ada"]
    house.keys.stored["eve"] = (msgspec.structs.replace(stored, id="eve"), etag)
    with pytest.raises(Tampered):
        await house.vault().key_of("eve")


@pytest.mark.parametrize("text", [None, "", "no base64!", "AAAA"])
async def test_a_damaged_key_is_tampered_with(house: House, text: str | None) -> None:
    key = DataKey("ada", "k", bytes(32))
    stored = wrapped(key, house.source.versions[0])
    house.keys.stored["ada"] = (msgspec.structs.replace(stored, wrapped=text), "e")
    with pytest.raises(Tampered):
        await house.vault().key_of("ada")


async def test_keys_under_every_version_are_opened(house: House) -> None:
    first = await house.vault().key_of("ada")
    await house.source.rotate()
    second = await house.vault().key_of("bob")
    assert [key.wrapped_by for key, _ in house.keys.stored.values()] == ["1", "2"]
    vault = house.vault()
    assert [await vault.key_of(subject) for subject in ("ada", "bob")] == [first, second]

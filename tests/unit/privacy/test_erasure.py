"""Erasure: on the log before anything else, finished by a rerun wherever it died, done when no cache has the key."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_store.errors import StoreUnavailable
from privacy.erasure import SETTLING_SECONDS, Eraser, ErasureRecord
from privacy.errors import Erased, NotErased
from privacy.key_ring import KeyRing
from privacy.sealing import Sealed, seal
from privacy.subject_keys import SubjectKey
from privacy.vault import Vault
from tests.fakes.clock import FakeClock
from tests.fakes.keys import FakeKeySource, FakeSubjectKeys

PLACE = "order-1|1|data/signedBy"


class FakeLog:
    """The log; `fault` becomes of its next write: `before` or `after` it."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str | None], ErasureRecord] = {}
        self.fault: str | None = None

    async def append(self, record: ErasureRecord) -> None:
        fault, self.fault = self.fault, None
        if fault != "before":
            self.records.setdefault((record.subject, record.key_id), record)
        if fault is not None:
            raise StoreUnavailable("injected")

    async def all(self) -> AsyncIterator[ErasureRecord]:
        for record in list(self.records.values()):
            yield record


class House:
    def __init__(self) -> None:
        self.source = FakeKeySource()
        self.keys = FakeSubjectKeys()
        self.log = FakeLog()
        self.clock = FakeClock()

    def vault(self) -> Vault:
        return Vault(KeyRing(self.source), self.keys, lifetime=300, clock=self.clock)

    def eraser(self, vault: Vault | None = None) -> Eraser:
        return Eraser(vault or self.vault(), self.keys, self.log, self.clock.now)

    async def sealed(self, value: str, vault: Vault | None = None) -> Sealed:
        key = await (vault or self.vault()).key_of("ada")
        return msgspec.convert(seal(value, key, PLACE), Sealed)

    async def is_erased(self, sealed: Sealed) -> bool:
        try:
            assert await self.vault().open(sealed, PLACE) == "x"
        except Erased:
            return True
        return False


@pytest.fixture
def house() -> House:
    return House()


async def test_the_key_is_gone_and_the_erasure_is_on_record(house: House) -> None:
    sealed = await house.sealed("x")
    erased = await house.eraser().erase("ada", by="operator", correlation_id="c-1")
    assert await house.is_erased(sealed)
    assert house.keys.stored["ada"][0].wrapped is None
    (record,) = house.log.records.values()
    assert (record.subject, record.key_id) == ("ada", sealed.key)
    assert (record.by, record.correlation_id) == ("operator", "c-1")
    assert erased.subject == "ada"


async def test_the_process_that_erases_does_not_open_it_any_more(house: House) -> None:
    vault = house.vault()
    sealed = await house.sealed("x", vault)
    await house.eraser(vault).erase("ada")
    with pytest.raises(Erased):
        await vault.open(sealed, PLACE)


async def test_it_is_done_when_no_other_process_can_open_it(house: House) -> None:
    other = house.vault()
    sealed = await house.sealed("x", other)
    eraser = house.eraser()
    assert not (await eraser.erase("ada")).done
    assert await other.open(sealed, PLACE) == "x"
    house.clock.seconds += 300
    with pytest.raises(Erased):
        await other.open(sealed, PLACE)
    assert not (await eraser.progress("ada")).done
    house.clock.seconds += SETTLING_SECONDS
    assert (await eraser.progress("ada")).done


async def test_asked_again_it_changes_nothing(house: House) -> None:
    await house.sealed("x")
    first = await house.eraser().erase("ada")
    house.clock.seconds += 1000
    again = await house.eraser().erase("ada")
    assert again.erased_at == first.erased_at
    assert again.done
    assert len(house.log.records) == 1


async def test_what_a_person_leaves_later_is_kept_until_it_is_erased_too(house: House) -> None:
    old = await house.sealed("x")
    first = await house.eraser().erase("ada")
    new = await house.sealed("x")
    assert not await house.is_erased(new)
    assert (await house.eraser().progress("ada")).erased_at == first.erased_at
    house.clock.seconds += 10
    second = await house.eraser().erase("ada")
    assert second.erased_at > first.erased_at
    assert await house.is_erased(old)
    assert await house.is_erased(new)
    assert len(house.log.records) == 2


async def test_who_never_left_anything_can_be_erased(house: House) -> None:
    await house.eraser().erase("nobody-known")
    assert (await house.eraser().progress("nobody-known")).subject == "nobody-known"


async def test_without_an_erasure_there_is_no_progress(house: House) -> None:
    for _ in range(2):
        with pytest.raises(NotErased):
            await house.eraser().progress("ada")
        await house.sealed("x")


faults = st.one_of(
    st.tuples(st.just("log"), st.just(0), st.sampled_from(["before", "after"])),
    st.tuples(st.just("keys"), st.integers(0, 2), st.sampled_from(["before", "after"])),
)


@given(st.lists(faults, max_size=4))
def test_wherever_it_dies_nothing_is_destroyed_off_the_record_and_a_rerun_finishes(
    deaths: list[tuple[str, int, str]],
) -> None:
    async def die_and_rerun() -> None:
        house = House()
        sealed = await house.sealed("x")
        for where, survived, fault in deaths:
            if where == "log":
                house.log.fault = fault
            else:
                house.keys.faults.extend([None] * survived + [fault])
            try:
                await house.eraser().erase("ada")
            except StoreUnavailable:
                assert (
                    house.keys.stored["ada"][0].key_id or ("ada", sealed.key) in house.log.records
                )
            house.log.fault = None
            house.keys.faults.clear()
        await house.eraser().erase("ada")
        assert await house.is_erased(sealed)
        assert house.log.records.keys() == {("ada", sealed.key)}

    asyncio.run(die_and_rerun())


async def test_an_erasure_that_died_behind_the_log_is_finished_by_a_replay(house: House) -> None:
    sealed = await house.sealed("x")
    house.log.fault = "after"
    with pytest.raises(StoreUnavailable):
        await house.eraser().erase("ada")
    assert not await house.is_erased(sealed)
    assert [again async for _, again in house.eraser().replay()] == [True]
    assert await house.is_erased(sealed)


async def test_a_replay_destroys_what_a_restore_brought_back_and_nothing_newer(
    house: House,
) -> None:
    old = await house.sealed("x")
    backup = dict(house.keys.stored)
    await house.eraser().erase("ada")
    house.keys.stored = dict(backup)
    assert not await house.is_erased(old)
    assert [again async for _, again in house.eraser().replay()] == [True]
    assert await house.is_erased(old)
    assert not (await house.eraser().progress("ada")).done

    new = await house.sealed("x")
    assert [again async for _, again in house.eraser().replay()] == [False]
    assert not await house.is_erased(new)


async def test_a_replay_of_somebody_whom_the_restore_does_not_know_changes_nothing(
    house: House,
) -> None:
    await house.sealed("x")
    await house.eraser().erase("ada")
    house.keys.stored.clear()
    assert [again async for _, again in house.eraser().replay()] == [False]
    assert house.keys.stored == {}


async def test_an_erasure_that_races_with_a_rotation_wins(house: House) -> None:
    sealed = await house.sealed("x")
    eraser = house.eraser()
    save = house.keys.save

    async def overtaken(key: SubjectKey, etag: str | None) -> bool:
        house.keys.save = save  # type: ignore[method-assign]  # only the first time
        stored, _ = house.keys.stored["ada"]
        house.keys.stored["ada"] = (stored, "another etag")
        return await save(key, etag)

    house.keys.save = overtaken  # type: ignore[method-assign]  # only the first time
    await eraser.erase("ada")
    assert await house.is_erased(sealed)
    assert len(house.log.records) == 1

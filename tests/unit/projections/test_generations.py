"""Which generation is read, which are written, and who may move the pointer."""

from typing import TYPE_CHECKING, cast

import pytest

from projections.generations import CACHED_SECONDS, Generations, GenerationStore
from tests.fakes.container import FakeContainer
from tests.fakes.counter_view import TOTALS

if TYPE_CHECKING:
    from azure.cosmos.aio import ContainerProxy


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def container() -> FakeContainer:
    return FakeContainer("projection")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(container: FakeContainer, clock: Clock) -> GenerationStore:
    return GenerationStore(cast("ContainerProxy", container), clock)


async def move(store: GenerationStore, live: int, *others: int) -> bool:
    before = await store.read(TOTALS)
    return await store.move(TOTALS, Generations(live, others, before.etag))


async def test_before_any_rebuild_the_first_generation_is_read_and_written(
    store: GenerationStore,
) -> None:
    assert await store.live(TOTALS) == 1
    assert (await store.read(TOTALS)).written == (1,)


@pytest.mark.parametrize(("live", "others"), [(1, (2,)), (2, (1,)), (3, (2, 1)), (1, (3, 2))])
async def test_the_newest_generation_is_written_first(
    store: GenerationStore, live: int, others: tuple[int, ...]
) -> None:
    assert await move(store, live, *others)
    found = await store.read(TOTALS)
    assert (found.live, found.others) == (live, others)
    assert list(found.written) == sorted({live, *others}, reverse=True)


async def test_who_looked_before_somebody_else_moved_it_does_not_move_it(
    store: GenerationStore,
) -> None:
    first = await store.read(TOTALS)
    assert await move(store, 1, 2)
    assert not await store.move(TOTALS, Generations(7, (), first.etag))
    second = await store.read(TOTALS)
    assert await move(store, 2, 1)
    assert not await store.move(TOTALS, Generations(7, (), second.etag))
    assert (await store.read(TOTALS)).live == 2


async def test_readers_go_by_what_they_read_for_a_while(
    store: GenerationStore, container: FakeContainer, clock: Clock
) -> None:
    assert await store.live(TOTALS) == 1
    assert await move(store, 2, 1)
    container.calls.clear()
    clock.now += CACHED_SECONDS - 0.001
    assert await store.live(TOTALS) == 1
    assert container.calls == []
    clock.now += 0.001
    assert await store.live(TOTALS) == 2
    assert len(container.calls) == 1


async def test_writers_look_each_time_at_the_pointer_as_it_is(
    store: GenerationStore, container: FakeContainer
) -> None:
    for generation in (2, 3):
        assert await move(store, 1, generation)
        assert (await store.read(TOTALS)).others == (generation,)
    reads = [arguments for name, arguments in container.calls if name == "read"]
    assert all(options["headers"] == {} for _, _, options in reads)

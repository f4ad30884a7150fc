"""Snapshots as they are stored: what cannot be read counts as none."""

import dataclasses
import logging
from typing import TYPE_CHECKING, Any, cast

import pytest
from azure.cosmos.exceptions import CosmosHttpResponseError, CosmosResourceNotFoundError

from event_store.cache import Known
from event_store.documents import Head
from event_store.errors import StoreUnavailable
from event_store.snapshots import CosmosSnapshotStore, Snapshot
from tests.fakes.container import FakeContainer
from tests.fakes.counter import COUNTER, Counter

if TYPE_CHECKING:
    from azure.cosmos.aio import ContainerProxy

TAKEN = Snapshot(
    Known(Counter("1", 5, 3), Head(3, "2026-11-01T00:00:00.000000Z", "f" * 64)), "an event's id"
)
STREAM = "counter-1"


@pytest.fixture
def container() -> FakeContainer:
    return FakeContainer("aggregateId")


@pytest.fixture
def store(container: FakeContainer) -> CosmosSnapshotStore:
    return CosmosSnapshotStore(cast("ContainerProxy", container))


async def test_a_snapshot_comes_back_as_it_was_taken(store: CosmosSnapshotStore) -> None:
    await store.save(COUNTER, STREAM, TAKEN)
    assert await store.load(COUNTER, STREAM) == TAKEN


async def test_the_newest_replaces_the_one_before(
    store: CosmosSnapshotStore, container: FakeContainer
) -> None:
    await store.save(COUNTER, STREAM, TAKEN)
    newer = Snapshot(Known(Counter("1", 9, 4), Head(4, "2027", "e" * 64)), "another")
    await store.save(COUNTER, STREAM, newer)
    assert await store.load(COUNTER, STREAM) == newer
    assert len(container.documents) == 1


async def test_each_shape_has_its_own(store: CosmosSnapshotStore) -> None:
    await store.save(COUNTER, STREAM, TAKEN)
    assert await store.load(dataclasses.replace(COUNTER, shape=2), STREAM) is None


async def test_where_there_is_none_there_is_none(store: CosmosSnapshotStore) -> None:
    assert await store.load(COUNTER, STREAM) is None


@pytest.mark.parametrize(
    "damage",
    [{"state": {}}, {"state": None}, {"version": "3"}, {"eventId": None}, {"hash": 5}],
    ids=repr,
)
async def test_a_damaged_snapshot_counts_as_none(
    store: CosmosSnapshotStore,
    container: FakeContainer,
    damage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    await store.save(COUNTER, STREAM, TAKEN)
    container.documents[STREAM, "1"].update(damage)
    loaded = await store.load(COUNTER, STREAM)
    if loaded is not None:  # it meets no event in the stream, and is thrown away there
        assert loaded.event_id != TAKEN.event_id
    else:
        assert [record.levelno for record in caplog.records] == [logging.WARNING]


@pytest.mark.parametrize("field", ["state", "eventId"])
async def test_a_snapshot_that_lacks_a_field_counts_as_none(
    store: CosmosSnapshotStore, container: FakeContainer, field: str
) -> None:
    await store.save(COUNTER, STREAM, TAKEN)
    del container.documents[STREAM, "1"][field]
    assert await store.load(COUNTER, STREAM) is None


async def test_a_missing_container_is_not_taken_for_a_missing_snapshot(
    store: CosmosSnapshotStore, container: FakeContainer
) -> None:
    missing = CosmosResourceNotFoundError(message="no container")
    missing.sub_status = 1003
    container.failure = missing
    with pytest.raises(StoreUnavailable):
        await store.load(COUNTER, STREAM)


async def test_a_service_that_is_away_is_told(
    store: CosmosSnapshotStore, container: FakeContainer
) -> None:
    for work in (store.load(COUNTER, STREAM), store.save(COUNTER, STREAM, TAKEN)):
        container.failure = CosmosHttpResponseError(status_code=503, message="away")
        with pytest.raises(StoreUnavailable):
            await work

"""The Cosmos DB event store: what it asks of the SDK, and what it refuses before it asks."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import pytest
from azure.core.exceptions import ServiceResponseError
from azure.cosmos.exceptions import CosmosBatchOperationError, CosmosHttpResponseError

from domain.aggregate import MAX_EVENTS_PER_COMMAND
from event_store.archive import Archive
from event_store.canonical import canonical_json
from event_store.chain import chained
from event_store.documents import Codec, Head
from event_store.errors import EventTooLarge, OutcomeUnknown, StoreUnavailable, VersionTaken
from event_store.store import (
    MAX_BATCH_BYTES,
    MAX_EVENT_BYTES,
    CosmosEventStore,
    refuse_too_large,
)
from tests.fakes.blobs import FakeBlobs
from tests.fakes.container import FakeContainer
from tests.fakes.counter import COUNTER, Added, context
from tests.fakes.keys import sealer

if TYPE_CHECKING:
    from azure.cosmos.aio import ContainerProxy

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def container() -> FakeContainer:
    return FakeContainer("aggregateId")


@pytest.fixture
def store(container: FakeContainer) -> CosmosEventStore:
    return CosmosEventStore(
        cast("ContainerProxy", container),
        Codec([COUNTER]),
        sealer(),
        lambda: NOW,
        Archive(FakeBlobs()),
    )


def added(*totals: int) -> list[Added]:
    return [Added(counter_id="1", amount=1, total=total) for total in totals]


def sized(size: int) -> dict[str, Any]:
    """A document of so many bytes of canonical JSON."""
    empty = len(canonical_json({"eventType": "Added", "text": ""}))
    return {"eventType": "Added", "text": "x" * (size - empty)}


async def test_a_first_append_creates_its_events_and_reads_nothing(
    store: CosmosEventStore, container: FakeContainer
) -> None:
    recorded = await store.append("counter-1", Head(), added(1, 2), context())
    ((name, (batch, partition)),) = container.calls
    assert name == "batch"
    assert partition == "counter-1"
    assert [operation for operation, _, _ in batch] == ["create", "create"]
    assert [document["id"] for _, (document,), _ in batch] == ["000000000001", "000000000002"]
    assert [event.version for event in recorded] == [1, 2]
    assert [event.data.total for event in recorded] == [1, 2]
    assert {event.timestamp for event in recorded} == {"2026-11-01T00:00:00.000000Z"}


async def test_a_later_append_reads_its_head_in_the_same_batch(
    store: CosmosEventStore, container: FakeContainer
) -> None:
    await store.append("counter-1", Head(41, "2026", "f" * 64), added(1), context())
    ((_, (batch, _)),) = container.calls
    assert batch[0] == ("read", ("000000000041",), {})
    assert batch[1][0] == "create"
    assert batch[1][1][0]["version"] == 42


async def test_a_failed_append_says_what_was_attempted(
    store: CosmosEventStore, container: FakeContainer
) -> None:
    container.failure = CosmosBatchOperationError(
        error_index=0, headers={}, status_code=409, message="taken", operation_responses=[]
    )
    with pytest.raises(VersionTaken) as taken:
        await store.append("counter-1", Head(), added(1), context())
    ((_, (batch, _)),) = container.calls
    assert taken.value.attempted == batch[0][1][0]["hash"]


async def test_a_broken_connection_leaves_the_append_unknown(
    store: CosmosEventStore, container: FakeContainer
) -> None:
    container.failure = ServiceResponseError("cut off")
    with pytest.raises(OutcomeUnknown):
        await store.append("counter-1", Head(), added(1), context())


async def test_what_is_too_large_is_never_sent(
    store: CosmosEventStore, container: FakeContainer
) -> None:
    with pytest.raises(EventTooLarge):
        await store.append("counter-1", Head(), added(*range(100)), context())
    assert container.calls == []


@pytest.mark.parametrize(
    ("options", "where", "parameters"),
    [
        ({}, "c.version > @after", {"@after": 3}),
        (
            {"until": 9},
            "c.version > @after AND c.version <= @until",
            {"@after": 3, "@until": 9},
        ),
        (
            {"as_of": "2026"},
            "c.version > @after AND c.timestamp <= @asOf",
            {"@after": 3, "@asOf": "2026"},
        ),
        (
            {"command_id": "k-1"},
            "c.version > @after OR c.metadata.causationId = @command",
            {"@after": 3, "@command": "k-1"},
        ),
    ],
)
async def test_a_stream_is_read_in_order_with_one_query_in_its_partition(
    store: CosmosEventStore,
    container: FakeContainer,
    options: dict[str, Any],
    where: str,
    parameters: dict[str, Any],
) -> None:
    plain = Codec([COUNTER]).encode("counter-1", Head(), added(1, 2), context(), NOW)
    container.answers = chained(plain, None)
    events = [event async for event in store.read("counter-1", 3, **options)]
    assert [event.data.total for event in events] == [1, 2]
    ((name, query),) = container.calls
    assert name == "query"
    assert query["partition_key"] == "counter-1"
    assert query["query"] == f"SELECT * FROM c WHERE {where} ORDER BY c.version"
    assert {p["name"]: p["value"] for p in query["parameters"]} == parameters


async def test_documents_are_read_as_stored(
    store: CosmosEventStore, container: FakeContainer
) -> None:
    container.answers = [{"version": 1, "of": "no known type", "_ts": 1}]
    assert await store.documents("counter-1", 1, 2) == container.answers


async def test_a_read_that_fails_is_a_store_that_is_away(
    store: CosmosEventStore, container: FakeContainer
) -> None:
    container.failure = CosmosHttpResponseError(status_code=503, message="away")
    with pytest.raises(StoreUnavailable):
        await store.ping()


def test_99_events_are_a_transaction_and_100_are_not() -> None:
    assert MAX_EVENTS_PER_COMMAND == 99
    refuse_too_large([sized(100)] * 99)
    with pytest.raises(EventTooLarge, match=r"100 events; at most 99"):
        refuse_too_large([sized(100)] * 100)


def test_an_event_has_room_for_256_kib_of_canonical_json() -> None:
    assert MAX_EVENT_BYTES == 262_144
    refuse_too_large([sized(MAX_EVENT_BYTES)])
    with pytest.raises(EventTooLarge, match=r"Added takes 262145 bytes"):
        refuse_too_large([sized(100), sized(MAX_EVENT_BYTES + 1)])


def test_a_transaction_stays_below_the_services_2_mb() -> None:
    parts: Sequence[dict[str, Any]] = [sized(MAX_BATCH_BYTES // 10)] * 10
    refuse_too_large(parts)
    with pytest.raises(EventTooLarge, match="a transaction has room for"):
        refuse_too_large([*parts, sized(100)])


def test_sizes_are_bytes_and_not_characters() -> None:
    with pytest.raises(EventTooLarge):
        refuse_too_large([{"eventType": "Added", "text": "é" * (MAX_EVENT_BYTES // 2)}])

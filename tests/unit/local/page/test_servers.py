"""What the page tells of Cosmos DB and Event Hubs."""

from dataclasses import dataclass

import pytest

from local.event_hubs import EventHubs
from local.event_hubs.amqp.messages import draft
from tests.unit.local.page.asking import Page
from tests.unit.local.page.store import EventStore


async def test_a_container_tells_its_documents_and_what_each_operation_cost(
    page: Page, store: EventStore
) -> None:
    store.account.cosmos.stats.reset()
    store.append("order-1", 0, 2)
    store.append("order-2", 0)
    store.account.send("GET", "/dbs/d")
    counted = (await page.get("/_local/containers")).json
    (events,) = counted["containers"]
    (batch,) = events["operations"]
    assert (events["name"], events["partitionKey"], events["documents"]) == (
        "events",
        ["/aggregateId"],
        3,
    )
    assert (batch["kind"], batch["requests"]) == ("batch", 2)
    assert batch["requestUnits"] == pytest.approx(3 * 4.95)
    assert counted["requestUnits"] > batch["requestUnits"]
    assert counted["modelled"] is True


async def test_what_has_expired_is_no_document(page: Page, store: EventStore) -> None:
    partitioned = {"paths": ["/pk"], "kind": "Hash"}
    given = {"id": "c", "partitionKey": partitioned, "defaultTtl": 10}
    assert store.account.send("POST", "/dbs/d/colls", given).status == 201
    store.account.create({"id": "1", "pk": "a"})
    store.account.create({"id": "2", "pk": "a", "ttl": -1})

    async def documents() -> int:
        (of_c,) = [
            one
            for one in (await page.get("/_local/containers")).json["containers"]
            if one["name"] == "c"
        ]
        return int(of_c["documents"])

    assert await documents() == 2
    store.account.clock.now += 11
    assert await documents() == 1


@dataclass(eq=False)
class FakeReader:
    position: int
    epoch: int | None = None

    def displace(self, description: str) -> None:
        raise AssertionError(description)


async def store_events(event_hubs: EventHubs, count: int) -> None:
    partition = event_hubs.hubs[0].partitions[1]
    await event_hubs.log.append(partition, [draft(b"", without=())] * count)


async def test_a_group_is_behind_by_what_its_foremost_reader_was_not_sent(
    page: Page, event_hubs: EventHubs
) -> None:
    await store_events(event_hubs, 5)
    readers = event_hubs.hubs[0].partitions[1].readers
    for position in (0, 2):
        readers.admit("readers", FakeReader(position))
    (hub,) = (await page.get("/_local/event-hubs")).json["hubs"]
    first, second = hub["partitions"]
    assert (first["first"], first["next"], first["lastEnqueued"]) == (0, 0, None)
    assert (second["id"], second["first"], second["next"]) == ("1", 0, 5)
    assert second["lastEnqueued"].endswith("Z")
    groups = {group["name"]: group["partitions"] for group in hub["consumerGroups"]}
    assert groups["readers"] == [
        {"id": "0", "readers": 0, "behind": None},
        {"id": "1", "readers": 2, "behind": 2},
    ]
    assert groups["$Default"][1] == {"id": "1", "readers": 0, "behind": None}

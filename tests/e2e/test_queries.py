"""Queries over HTTP: the read model, as fresh as asked for, as it was, and the history behind it."""

from collections.abc import Callable

import pytest

from tests.stack.client import Client, an_order

type NewId = Callable[[], str]


@pytest.fixture
async def order(client: Client, new_id: NewId) -> str:
    """An order that was placed, shipped and delivered."""
    order = new_id()
    await client.post("/orders", an_order(orderId=order))
    await client.post(f"/orders/{order}/ship", {"trackingNumber": "1Z"})
    await client.post(f"/orders/{order}/deliver", {"signedBy": "Ada"})
    return order


@pytest.fixture
async def product(client: Client, new_id: NewId) -> str:
    """A product with four versions."""
    product = new_id()
    for quantity in (1, 2, 3, 4):
        await client.post(f"/products/{product}/receive", {"quantity": quantity})
    return product


async def test_an_unknown_one_is_not_found(client: Client, new_id: NewId) -> None:
    for path in (f"/orders/{new_id()}", f"/products/{new_id()}"):
        for query in ("", "?minVersion=1", "?version=1", "?asOf=2999-01-01T00:00:00Z", "/events"):
            reply = await client.get(f"{path}{query}")
            assert (reply.status, reply.problem) == (404, "not-found"), query


async def test_if_none_match_spares_the_body(client: Client, order: str) -> None:
    read = await client.read_model(f"/orders/{order}", 3)
    for tag in (read.headers["ETag"], f"W/{read.headers['ETag']}", '"1", "3"', "*"):
        unchanged = await client.get(f"/orders/{order}", If_None_Match=tag)
        assert (unchanged.status, unchanged.content) == (304, b"")
        assert unchanged.headers["ETag"] == '"3"'
    changed = await client.get(f"/orders/{order}", If_None_Match='"2"')
    assert (changed.status, changed.body["version"]) == (200, 3)


async def test_a_version_is_the_state_at_that_version(client: Client, order: str) -> None:
    for version, status in ((1, "placed"), (2, "shipped"), (3, "delivered")):
        reply = await client.get(f"/orders/{order}?version={version}")
        assert (reply.body["status"], reply.body["version"]) == (status, version)
        assert reply.headers["X-Read-Source"] == "event-log"
        assert reply.headers["ETag"] == f'"{version}"'
    reply = await client.get(f"/orders/{order}?version=4")
    assert (reply.status, reply.problem) == (404, "not-found")


async def test_as_of_is_the_state_at_that_moment_inclusive(client: Client, order: str) -> None:
    events = (await client.get(f"/orders/{order}/events")).body["events"]
    for event in events:
        reply = await client.get(f"/orders/{order}?asOf={event['timestamp']}")
        assert reply.body["version"] == event["version"]
        assert reply.headers["X-Read-Source"] == "event-log"
    newest = await client.get(f"/orders/{order}?asOf=2999-12-31T23:59:59%2B01:00")
    assert newest.body["version"] == 3
    before = await client.get(f"/orders/{order}?asOf=2000-01-01T00:00:00Z")
    assert (before.status, before.problem) == (404, "not-found")


async def test_what_was_then_has_the_shape_of_the_read_model(client: Client, order: str) -> None:
    read = await client.read_model(f"/orders/{order}", 3)
    for query in ("?version=3", "?asOf=2999-01-01T00:00:00Z", "?minVersion=3"):
        assert (await client.get(f"/orders/{order}{query}")).body == read.body


async def test_a_min_version_that_is_there_is_never_older(client: Client, order: str) -> None:
    for version in (1, 2, 3):
        reply = await client.get(f"/orders/{order}?minVersion={version}")
        assert reply.body["version"] >= version


async def test_a_min_version_that_is_not_there_yet_is_412(client: Client, order: str) -> None:
    reply = await client.get(f"/orders/{order}?minVersion=4")
    assert (reply.status, reply.problem) == (412, "version-mismatch")
    assert reply.body["currentVersion"] == 3


async def test_products_travel_in_time_too(client: Client, product: str) -> None:
    for version, on_hand in ((1, 1), (2, 3), (3, 6), (4, 10)):
        reply = await client.get(f"/products/{product}?version={version}")
        assert (reply.body["onHand"], reply.headers["X-Read-Source"]) == (on_hand, "event-log")
    assert (await client.get(f"/products/{product}?minVersion=4")).body["onHand"] == 10
    assert (await client.get(f"/products/{product}?minVersion=5")).status == 412
    assert (await client.get(f"/products/{product}?asOf=2999-01-01T00:00:00Z")).body["version"] == 4


async def test_the_history_shows_the_events_as_stored(client: Client, order: str) -> None:
    history = (await client.get(f"/orders/{order}/events")).body
    assert history.keys() == {"events"}
    assert [event["eventType"] for event in history["events"]] == [
        "OrderPlaced",
        "OrderShipped",
        "OrderDelivered",
    ]
    shipped = history["events"][1]
    assert shipped.keys() == {
        "eventId",
        "eventType",
        "version",
        "timestamp",
        "userId",
        "schemaVersion",
        "data",
        "metadata",
    }
    assert shipped["data"] == {"orderId": order, "trackingNumber": "1Z"}


async def test_the_history_comes_in_pages(client: Client, product: str) -> None:
    versions, first = [], 1
    for _ in range(3):
        page = (await client.get(f"/products/{product}/events?fromVersion={first}&limit=2")).body
        versions.append([event["version"] for event in page["events"]])
        if "nextVersion" not in page:
            break
        first = page["nextVersion"]
    assert versions == [[1, 2], [3, 4]]


async def test_a_page_behind_the_last_event_is_empty(client: Client, order: str) -> None:
    page = await client.get(f"/orders/{order}/events?fromVersion=4")
    assert (page.status, page.body) == (200, {"events": []})

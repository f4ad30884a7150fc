"""Queries over HTTP, on the application wired over fakes."""

from typing import Any

import azure.functions as func
import pytest

from projections.order_read_model import ORDER_READ_MODEL
from tests.fakes.app import FakeApplication
from tests.fakes.http import json_of, request

BODY = {
    "orderId": "789",
    "customerId": "customer-1",
    "items": [{"productId": "p-1", "quantity": 2, "price": 9.99}],
    "shippingAddress": "1 High St",
}


class Reader:
    """An order that is placed and shipped, and a read model that knows of the first."""

    def __init__(self) -> None:
        self.application = FakeApplication()
        self.functions = self.application.functions()

    async def set(self) -> "Reader":
        await self.functions["place_order"](request("POST", "/api/orders", body=BODY))
        await self.functions["ship_order"](
            request(
                "POST",
                "/api/orders/789/ship",
                body={"trackingNumber": "1Z"},
                route={"orderId": "789"},
            )
        )
        store = self.application.store
        first = store.recorded("order-789")[:1]
        await self.application.engine.catch_up(ORDER_READ_MODEL, first)
        store.forget_requests()
        return self

    async def get(self, identity: str = "789", tag: str | None = None, **query: str) -> Any:
        response: func.HttpResponse = await self.functions["get_order"](
            request(
                path=f"/api/orders/{identity}",
                query=query,
                headers={} if tag is None else {"if-none-match": tag},
                route={"orderId": identity},
            )
        )
        return response

    async def history(self, identity: str = "789", **query: str) -> Any:
        response: func.HttpResponse = await self.functions["get_order_events"](
            request(path=f"/api/orders/{identity}/events", query=query, route={"orderId": identity})
        )
        return response


@pytest.fixture
async def reader() -> Reader:
    return await Reader().set()


async def test_an_order_is_answered_from_the_read_model(reader: Reader) -> None:
    response = await reader.get()
    placed, _ = reader.application.store.recorded("order-789")
    assert response.status_code == 200
    assert response.headers["ETag"] == '"1"'
    assert response.headers["X-Read-Source"] == "read-model"
    assert json_of(response) == {
        "orderId": "789",
        "customerId": "customer-1",
        "status": "placed",
        "items": [{"productId": "p-1", "quantity": 2, "price": 9.99}],
        "totalAmount": 19.98,
        "currency": "USD",
        "placedAt": placed.timestamp,
        "version": 1,
    }


async def test_a_caller_reads_its_own_writes(reader: Reader) -> None:
    response = await reader.get(minVersion="2")
    assert response.headers["X-Read-Source"] == "event-log"
    assert json_of(response)["version"] == 2
    assert json_of(response)["status"] == "shipped"


async def test_a_version_that_is_not_there_yet_is_412_with_the_current_one(
    reader: Reader,
) -> None:
    response = await reader.get(minVersion="3")
    assert response.status_code == 412
    assert json_of(response)["currentVersion"] == 2


async def test_an_order_is_shown_as_it_was(reader: Reader) -> None:
    placed, shipped = reader.application.store.recorded("order-789")
    for query in ({"version": "1"}, {"asOf": placed.timestamp}):
        response = await reader.get(**query)
        assert json_of(response)["status"] == "placed"
        assert response.headers["X-Read-Source"] == "event-log"
    response = await reader.get(asOf=shipped.timestamp)
    assert json_of(response)["status"] == "shipped"
    for query in ({"version": "3"}, {"asOf": "2000-01-01T00:00:00Z"}):
        assert (await reader.get(**query)).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        {"minVersion": "0"},
        {"minVersion": "a"},
        {"minVersion": ""},
        {"version": "-1"},
        {"asOf": "yesterday"},
        {"minVersion": "1", "version": "1"},
        {"version": "1", "asOf": "2026-11-01T00:00:00Z"},
        {"fields": "all"},
    ],
)
async def test_a_parameter_that_is_not_understood_is_400(
    reader: Reader, query: dict[str, str]
) -> None:
    response = await reader.get(**query)
    assert response.status_code == 400
    assert json_of(response)["errors"]
    assert reader.application.store.requests == []


async def test_what_does_not_exist_is_404(reader: Reader) -> None:
    response = await reader.get("790")
    assert response.status_code == 404
    assert json_of(response)["type"] == "/problems/not-found"


@pytest.mark.parametrize("identity", ["..", ".", "a b", "a%2Fb"])
async def test_an_id_that_none_can_have_is_400(reader: Reader, identity: str) -> None:
    assert (await reader.get(identity)).status_code == 400


async def test_what_the_caller_has_is_not_sent_again(reader: Reader) -> None:
    response = await reader.get(tag='W/"1"')
    assert (response.status_code, response.get_body()) == (304, b"")
    assert response.headers["ETag"] == '"1"'
    assert (await reader.get(tag='"2"')).status_code == 200


async def test_the_history_is_as_it_is_stored_with_what_is_sealed_in_clear(reader: Reader) -> None:
    response = await reader.history()
    placed, shipped = reader.application.store.streams["order-789"]
    placed = placed | {"data": placed["data"] | {"shippingAddress": BODY["shippingAddress"]}}
    assert response.status_code == 200
    assert json_of(response) == {
        "events": [
            {
                name: document[name]
                for name in (
                    "eventId",
                    "eventType",
                    "version",
                    "timestamp",
                    "userId",
                    "schemaVersion",
                    "data",
                    "metadata",
                )
            }
            for document in (placed, shipped)
        ]
    }


async def test_the_history_comes_in_pages(reader: Reader) -> None:
    first = json_of(await reader.history(limit="1"))
    assert [event["version"] for event in first["events"]] == [1]
    assert first["nextVersion"] == 2
    second = json_of(await reader.history(limit="1", fromVersion="2"))
    assert [event["version"] for event in second["events"]] == [2]
    assert "nextVersion" not in second
    beyond = json_of(await reader.history(fromVersion="3"))
    assert beyond == {"events": []}


async def test_the_history_of_what_does_not_exist_is_404(reader: Reader) -> None:
    assert (await reader.history("790")).status_code == 404


@pytest.mark.parametrize(
    "query", [{"limit": "0"}, {"limit": "1001"}, {"fromVersion": "0"}, {"x": "1"}]
)
async def test_a_page_has_its_bounds(reader: Reader, query: dict[str, str]) -> None:
    assert (await reader.history(**query)).status_code == 400
    assert (await reader.history(limit="1000")).status_code == 200


async def test_a_product_is_answered_as_the_contract_says() -> None:
    application = FakeApplication()
    functions = application.functions()
    received = request(
        "POST",
        "/api/products/p-1/receive",
        body={"quantity": 5},
        route={"productId": "p-1"},
    )
    await functions["receive_product"](received)
    asked = request(path="/api/products/p-1", query={"minVersion": "1"}, route={"productId": "p-1"})
    assert json_of(await functions["get_product"](asked)) == {
        "productId": "p-1",
        "onHand": 5,
        "reserved": 0,
        "available": 5,
        "version": 1,
    }

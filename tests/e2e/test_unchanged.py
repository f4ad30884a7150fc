"""What a caller has already is not sent again: every GET of the contract has an entity tag and knows it."""

import asyncio
import json
from collections.abc import Callable

import pytest

from tests.integration.local.functions_host.calls import call
from tests.stack.client import Client, Reply, an_order
from tests.stack.local_azure import REPOSITORY, LocalAzure

JSON = {"Content-Type": "application/json"}
PATHS = {
    "/orders": "/orders?customerId={customer}",
    "/orders/{orderId}": "/orders/{order}",
    "/orders/{orderId}/events": "/orders/{order}/events?limit=1",
    "/products/{productId}": "/products/{product}",
    "/products/{productId}/events": "/products/{product}/events",
    "/reports/sales": "/reports/sales?from=2020-01-01&to=2020-12-31&by=product",
    "/commands/{correlationId}": "/commands/{order}",
    "/operations/projections": "/operations/projections",
    "/operations/projections/{name}/rebuild": "/operations/projections/audit_log/rebuild",
    "/operations/dead-letters": "/operations/dead-letters",
    "/operations/archive": "/operations/archive",
    "/operations/customers/{customerId}/personal-data": "/operations/customers/{customer}/personal-data",
    "/operations/audit-log": "/operations/audit-log?aggregateId=order-{order}",
    "/health": "/health",
    "/openapi.json": "/openapi.json",
    "/docs": "/docs",
}
"""An address for each path."""

NEVER_TWICE_THE_SAME = {"/operations/access-log"}
"""Asking is itself on record there."""

POINTS_IN_TIME = ("minVersion=1", "version=1", "asOf=2999-01-01T00:00:00Z")
PATIENCE = 30.0


@pytest.fixture
async def given(
    client: Client, local_azure: LocalAzure, new_id: Callable[[], str]
) -> dict[str, str]:
    """An order and a product that the read models have, a rebuild, an erasure and an archive that ran."""
    order, product, customer = new_id(), new_id(), new_id()
    placed = an_order(orderId=order, customerId=customer)
    await client.post("/orders", placed, X_Correlation_ID=order)
    await client.post(f"/products/{product}/receive", {"quantity": 5})
    await client.read_model(f"/orders/{order}", 1)
    await client.read_model(f"/products/{product}", 1)
    await client.post("/operations/projections/audit_log/rebuild", {})
    await client.send("DELETE", f"/operations/customers/{customer}/personal-data")
    await archived(client, local_azure.http_port)
    return {"order": order, "product": product, "customer": customer}


async def archived(client: Client, http_port: int) -> None:
    """A run of the archive is on record, which takes a reconcile before it."""
    await call(http_port, "POST", "/admin/functions/reconcile", JSON, b"{}")
    async with asyncio.timeout(PATIENCE):
        while True:
            reply = await client.post("/operations/archive", {"olderThanDays": 30})
            if reply.status == 202:
                return
            assert reply.body.get("code") == "not-reconciled", reply.body
            await asyncio.sleep(0.1)


async def unchanged(client: Client, path: str) -> Reply:
    """The answer to who names the tag of the answer before, once nothing moves any more."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found = await client.get(path)
            assert found.status == 200, found.content
            tag = found.headers["ETag"]
            assert tag.startswith('"')
            again = await client.get(path, If_None_Match=tag, X_Correlation_ID="again")
            if again.status == 304:
                assert again.headers["ETag"] == tag
                return again


def test_every_get_of_the_contract_is_asked_here() -> None:
    paths = json.loads((REPOSITORY / "openapi.json").read_bytes())["paths"]
    asked = PATHS.keys() | NEVER_TWICE_THE_SAME
    assert asked == {path for path, methods in paths.items() if "get" in methods}


@pytest.mark.parametrize("path", PATHS)
async def test_who_has_the_answer_is_spared_it(
    client: Client, given: dict[str, str], path: str
) -> None:
    address = PATHS[path].format(**given)
    reply = await unchanged(client, address)
    assert reply.content == b""
    assert reply.headers["X-Correlation-ID"] == "again"
    other = await client.get(address, If_None_Match='"another"')
    assert (other.status, bool(other.content)) == (200, True)


@pytest.mark.parametrize("query", POINTS_IN_TIME)
async def test_so_is_who_asks_for_a_point_in_time(
    client: Client, given: dict[str, str], query: str
) -> None:
    for address in ("/orders/{order}", "/products/{product}"):
        reply = await unchanged(client, f"{address.format(**given)}?{query}")
        assert (reply.content, reply.headers["ETag"]) == (b"", '"1"')
        assert reply.headers["X-Read-Source"] in ("read-model", "event-log")

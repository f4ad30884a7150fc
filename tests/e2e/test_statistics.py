"""What `/_local/stats` of the local Cosmos DB says of commands and projections."""

from collections.abc import AsyncIterator, Callable
from typing import Any, get_args

import pytest

from local.cosmos.stats import RequestKind
from tests.stack.client import Client, client_of
from tests.stack.local_azure import LocalAzure

type NewId = Callable[[], str]


@pytest.fixture
async def statistics(local_azure: LocalAzure) -> AsyncIterator[Client]:
    async with client_of(f"{local_azure.cosmos_address}_local") as client:
        yield client


async def test_a_warm_command_is_one_batch(
    client: Client, statistics: Client, new_id: NewId
) -> None:
    product = new_id()
    await client.post(f"/products/{product}/receive", {"quantity": 1})
    await client.read_model(f"/products/{product}", 1)
    assert (await statistics.send("DELETE", "/stats")).status == 204
    await client.post(f"/products/{product}/receive", {"quantity": 1})
    counted: dict[str, Any] = (await statistics.get("/stats")).body
    assert counted["containers"]["events"]["requests"]["batch"] == 1
    assert counted["containers"]["events"]["requests"]["query"] == 0
    assert counted["containers"]["events"]["request_units"] > 0
    assert counted["requests"].keys() == set(get_args(RequestKind.__value__))
    assert counted["request_units"] >= counted["containers"]["events"]["request_units"]


async def test_its_request_units_are_called_modelled(statistics: Client) -> None:
    assert (await statistics.get("/stats")).body["modelled"] is True

"""A running stack with distinctive people: nothing of them is to be read in its files or logs, and what is
erased cannot be had back from a copy of all of them."""

import asyncio
import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from azure.cosmos.aio import CosmosClient

from local.cosmos import EMULATOR_KEY
from tests.stack.client import Client, client_of
from tests.stack.local_azure import LocalAzure
from tests.stack.personal import ADDRESS, MARK

ROLES = ("Orders.Manage", "Orders.Read", "PersonalData.Read", "Operations")
CLAIMS = {"claims": [{"typ": "roles", "val": role} for role in ROLES]}
SIGNED_IN = {
    "X-MS-CLIENT-PRINCIPAL-ID": "operator-1",
    "X-MS-CLIENT-PRINCIPAL": base64.b64encode(json.dumps(CLAIMS).encode()).decode(),
}
READER: Final = "198.51.100.1"
"""Who looks is on record, with the address: another one than that of who orders."""
CUSTOMER = "distinctive-customer"
ERASURE = f"/operations/customers/{CUSTOMER}/personal-data"
PATIENCE = 60.0
SOUGHT = (MARK, ADDRESS)


def an_order(identity: str) -> dict[str, Any]:
    return {
        "orderId": identity,
        "customerId": CUSTOMER,
        "items": [{"productId": "p", "quantity": 1, "price": 1}],
        "shippingAddress": {"street": f"{MARK} Street"},
        "contact": {"name": f"{MARK} Name", "email": f"{MARK}@example.net", "phone": MARK},
        "payment": {"creditCard": f"{MARK} 4111"},
    }


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalAzure]:
    monkeypatch.setenv("HTTP_AUTH", "platform")
    with LocalAzure(tmp_path / "data") as stack:
        yield stack


def files_with(folder: Path, text: str) -> list[str]:
    """The files below a folder that hold a text, the stack's log included."""
    return [
        str(path.relative_to(folder))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and text.encode() in path.read_bytes()
    ]


async def send(client: Client, method: str, path: str, body: Any = None) -> Any:
    content = None if body is None else json.dumps(body).encode()
    address = ADDRESS if body is not None else READER
    headers = (
        SIGNED_IN
        | {"X-Forwarded-For": f"{address}:4711"}
        | ({} if body is None else {"Content-Type": "application/json"})
    )
    return await client.send(method, path, content, headers)


async def work(client: Client) -> None:
    """Orders and refusals with personal data, until the read model has them."""
    for identity in ("1", "2"):
        assert (await send(client, "POST", "/orders", an_order(identity))).status == 201
        assert (await send(client, "POST", "/orders", an_order(identity))).status == 409
    malformed = an_order("3") | {"contact": {"name": MARK, "zz": MARK}, "currency": MARK}
    assert (await send(client, "POST", "/orders", malformed)).status == 400
    await send(client, "POST", "/orders/1/deliver", {"signedBy": MARK})
    await send(client, "POST", "/orders/1/ship", {"trackingNumber": "t"})
    delivered = await send(client, "POST", "/orders/1/deliver", {"signedBy": f"{MARK} Signature"})
    assert delivered.status == 200
    deadline = time.monotonic() + PATIENCE
    while (await send(client, "GET", "/orders/1?minVersion=3")).status != 200:
        assert time.monotonic() < deadline
    while (await send(client, "GET", "/orders/2?minVersion=1")).status != 200:
        assert time.monotonic() < deadline


async def wrapped_key(stack: LocalAzure) -> str:
    async with CosmosClient(stack.cosmos_address, EMULATOR_KEY) as client:
        keys = client.get_database_client("EventSourcingDB").get_container_client("subject_keys")
        return str((await keys.read_item(CUSTOMER, CUSTOMER))["wrapped"])


@pytest.mark.slow
async def test_no_byte_of_personal_data_is_stored_in_clear_and_an_erased_key_is_in_no_file(
    stack: LocalAzure, tmp_path: Path
) -> None:
    async with client_of(stack.url) as client:
        await work(client)
        history = await send(client, "GET", "/orders/1/events")
        assert all(text.encode() in history.content for text in SOUGHT)
        assert files_with(tmp_path, CUSTOMER)
        assert {text: files_with(tmp_path, text) for text in SOUGHT} == {t: [] for t in SOUGHT}

        key = await wrapped_key(stack)
        assert files_with(tmp_path, key)
        assert (await send(client, "DELETE", ERASURE)).status == 202
        assert (await send(client, "GET", ERASURE)).body["status"] == "erasing"
        history = await send(client, "GET", "/orders/1/events")
        assert history.body["events"][0]["data"]["contact"]["name"] == "[erased]"
        assert not any(text.encode() in history.content for text in SOUGHT)
        async with asyncio.timeout(PATIENCE):
            while files_with(tmp_path, key):  # noqa: ASYNC110  # files tell nobody
                await asyncio.sleep(0.1)

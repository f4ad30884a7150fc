"""A command over HTTP reaches a webhook, by way of the event store, the change feed and the hub."""

import asyncio
import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.receiver import Receiver
from tests.fakes.receiver import receiver as listening
from tests.stack.client import Client, an_order, client_of
from tests.stack.local_azure import LocalAzure

PATIENCE = 30.0
FAILURES = (503, None, 429)
"""What the receiver does first: an answer, or a connection that breaks."""


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with listening() as receiver:
        yield receiver


@pytest.fixture
async def client(
    receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Client]:
    """A stack that notifies the receiver."""
    monkeypatch.setenv("NOTIFICATION_WEBHOOKS", receiver.url)
    secret = base64.b64encode(bytes(range(24))).decode()
    monkeypatch.setenv("NOTIFICATION_SECRET", f"whsec_{secret}")
    stack = await asyncio.to_thread(LocalAzure(tmp_path / "data").start)
    try:
        async with client_of(stack.url) as client:
            yield client
    finally:
        stack.kill()


async def test_events_come_in_order_although_the_receiver_stumbles(
    client: Client, receiver: Receiver
) -> None:
    receiver.answers.extend(FAILURES)
    placed = await client.post("/orders", an_order(orderId="1", contact={"email": "ada@example"}))
    shipped = await client.post("/orders/1/ship", {"trackingNumber": "1Z"})
    told = [*placed.body["events"], *shipped.body["events"]]
    other = await client.post("/orders", an_order(orderId="2"))
    async with asyncio.timeout(PATIENCE):
        await receiver.has(requests=3 + len(FAILURES))
    of_one = [r for r in receiver.received if r.event["subject"] == "order-1"]
    assert list(dict.fromkeys(r.event["id"] for r in of_one)) == [e["eventId"] for e in told]
    assert other.body["events"][0]["eventId"] in receiver.ids
    assert of_one[0].event["correlationid"] == placed.body["correlationId"]
    assert not [r for r in receiver.received if b"ada@example" in r.body]

    status = await client.get(f"/commands/{placed.body['correlationId']}")
    assert status.body["projections"]["notification_handler"] in ("applied", "pending")
    assert (await client.get("/operations/dead-letters")).body["deadLetters"] == []

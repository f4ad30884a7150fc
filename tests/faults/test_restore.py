"""Cosmos DB is taken back to a moment, and docs/operations.md ("Restoring") is followed to its end."""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from unittest import mock

import pytest
from azure.cosmos.aio import CosmosClient

from event_store.blobs import FolderBlobs
from event_store.documents import timestamp
from local import provision
from local.cosmos import EMULATOR_KEY, Cosmos, InProcessTransport, connection_string, serve
from ops.__main__ import main
from ops.rebuild import REBUILDABLE
from tests.fakes.receiver import Receiver
from tests.fakes.receiver import receiver as listening
from tests.rules.repository import ROOT
from tests.stack.client import POLL_SECONDS, Client, an_order, client_of
from tests.stack.local_azure import LocalAzure

PATIENCE: Final = 60.0
KEPT: Final = range(1, 9)
"""Orders from before the moment to which the store is taken back."""
LOST: Final = range(9, 13)
"""Orders from after it."""
DATABASE: Final = "EventSourcingDB"
NO_HUB: Final = "Endpoint=sb://127.0.0.1/;SharedAccessKeyName=n;SharedAccessKey=k;"


@pytest.fixture
async def receiver(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Receiver]:
    """A webhook that every stack here notifies."""
    async with listening() as receiver:
        monkeypatch.setenv("NOTIFICATION_WEBHOOKS", receiver.url)
        monkeypatch.setenv("NOTIFICATION_SECRET", f"whsec_{'A' * 32}")
        yield receiver


def of_the_runbook(listed: str) -> set[str]:
    """The names that a command of the runbook lists."""
    runbook = (ROOT / "docs/operations.md").read_text()
    found = re.search(listed, runbook, re.DOTALL)
    assert found is not None
    return set(found[1].split())


RESTORED: Final = of_the_runbook(r"az cosmosdb restore .*?collections=([a-z_ ]+)")
"""Containers; all others begin empty."""
REBUILT: Final = of_the_runbook(r"for projection in ([a-z_ ]+);")


def test_the_runbook_rebuilds_every_projection_that_can_be() -> None:
    assert REBUILDABLE.keys() == REBUILT


def back_up(data: Path, backup: Path) -> None:
    """Keeps what Cosmos DB has; nothing runs."""
    backup.mkdir()
    for path in data.glob("cosmos.db*"):
        shutil.copy(path, backup)


def take_back(data: Path, backup: Path) -> None:
    """Cosmos DB as it was, and a new hub in which nobody has a position."""
    for path in (*data.glob("cosmos.db*"), *data.glob("event_hubs.db*")):
        path.unlink()
    shutil.rmtree(data / "functions")
    for path in backup.iterdir():
        shutil.copy(path, data)


async def restore(data: Path) -> None:
    """Leaves what the runbook restores, and provisions."""
    with closing(Cosmos(data)) as account:
        transport = InProcessTransport(account)
        async with CosmosClient("http://127.0.0.1/", EMULATOR_KEY, transport=transport) as client:
            database = client.get_database_client(DATABASE)
            names = [container["id"] async for container in database.list_containers()]
            for name in set(names) - RESTORED:
                await database.delete_container(name)
            await provision.create_containers(client, provision.load())


class Operator:
    """Commands of an operator on a data folder, while the application is stopped."""

    def __init__(self, data: Path, endpoint: str, said: pytest.CaptureFixture[str]) -> None:
        self._said = said
        self._environment = {
            "CosmosDB": connection_string(endpoint),
            "EventHub": NO_HUB,
            "ARCHIVE__blobServiceUri": (data / "archive").as_uri(),
            "KEY_VAULT_URL": (data / "keys.json").as_uri(),
            "COSMOS_DATABASE": DATABASE,
            "EVENT_HUB_NAME": "domain-events",
        }

    async def __call__(self, *arguments: str) -> tuple[int, str]:
        """The exit code of `python -m ops`, and what it says."""
        with mock.patch.dict(os.environ, self._environment):
            code = await asyncio.to_thread(main, list(arguments))
        return code, self._said.readouterr().out


@asynccontextmanager
async def operating(data: Path, said: pytest.CaptureFixture[str]) -> AsyncIterator[Operator]:
    with closing(Cosmos(data)) as account:
        async with serve(account, 0) as server:
            yield Operator(data, server.endpoint, said)


async def place(client: Client, number: int, customer: str) -> None:
    order = an_order(
        orderId=f"o{number}", customerId=customer, contact={"email": f"{customer}@example.net"}
    )
    assert (await client.post("/orders", order)).status == 201


async def ship(client: Client, number: int) -> None:
    shipped = await client.post(f"/orders/o{number}/ship", {"trackingNumber": f"t{number}"})
    assert shipped.status == 200


async def until_caught_up(client: Client) -> list[dict[str, Any]]:
    """Waits until no projection is behind; how they are."""
    async with asyncio.timeout(PATIENCE):
        while True:
            answer = await client.get("/operations/projections")
            projections: list[dict[str, Any]] = answer.body["projections"]
            if not any(one["lag"]["events"] for one in projections):
                return projections
            await asyncio.sleep(POLL_SECONDS)


async def life_before(client: Client) -> None:
    for number in KEPT:
        await place(client, number, "eve" if number == 1 else "ada")
    await ship(client, 2)
    await until_caught_up(client)


async def life_that_is_lost(client: Client) -> None:
    """Goes on in kept streams and in new ones, erases somebody, and has the heads signed."""
    for number in LOST:
        await place(client, number, "ada")
    for number in (3, 4, 9):
        await ship(client, number)
    await client.send("DELETE", "/operations/customers/eve/personal-data")
    await until_caught_up(client)
    await client.send("DELETE", "/operations/customers/eve/personal-data")


async def sign_heads(stack: LocalAzure, data: Path) -> None:
    """Has the function run that the hour would have run, and waits for its list."""
    blobs = FolderBlobs(data / "archive/heads")
    before = [name async for name in blobs.names()]
    async with client_of(f"http://127.0.0.1:{stack.http_port}") as client:
        assert (await client.post("/admin/functions/sign_heads", {"input": ""})).status == 202
    async with asyncio.timeout(PATIENCE):
        while [name async for name in blobs.names()] == before:  # noqa: ASYNC110  # in another process
            await asyncio.sleep(POLL_SECONDS)


async def assert_read_models_are_what_happened(client: Client) -> None:
    """Every view is the fold of its events; search, report and audit log have the same orders."""
    found = (await client.get("/orders?customerId=ada&limit=100")).body["items"]
    assert {order["orderId"] for order in found} == {f"o{n}" for n in KEPT} - {"o1"}
    for number in KEPT:
        view = await client.get(f"/orders/o{number}")
        folded = await client.get(f"/orders/o{number}?version={view.body['version']}")
        assert view.body == folded.body
        assert view.body["status"] == ("shipped" if number == 2 else "placed")
    for number in LOST:
        assert (await client.get(f"/orders/o{number}")).status == 404
    days = [(datetime.now(UTC) + timedelta(days)).date() for days in (-1, 1)]
    report = await client.get("/reports/sales?from={}&to={}&by=product".format(*days))
    (row,) = report.body["rows"]
    assert row["orders"] == len(KEPT)
    audited = (await client.get("/operations/audit-log?limit=100")).body["entries"]
    assert len(audited) == len(KEPT) + 1


async def test_after_a_restore_everything_derived_is_what_the_restored_events_say(
    tmp_path: Path, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    data, backup = tmp_path / "data", tmp_path / "backup"
    stack = LocalAzure(data)
    with stack:
        async with client_of(stack.url) as client:
            await life_before(client)
            await receiver.has(requests=len(KEPT) + 1)
    back_up(data, backup)
    moment = timestamp(datetime.now(UTC))
    with stack:
        async with client_of(stack.url) as client:
            await life_that_is_lost(client)
            await sign_heads(stack, data)
    take_back(data, backup)
    await restore(data)

    async with operating(data, capsys) as operate:
        code, said = await operate("verify")
        assert code == 1
        lost = {line.split()[0] for line in said.splitlines() if " removed: it was signed" in line}
        assert lost == {f"order-o{number}" for number in (3, 4, *LOST)}
        assert "6 findings" in said
        code, said = await operate("replay-erasures")
        assert (code, "1 keys destroyed again" in said) == (0, True)
        for projection in sorted(REBUILT):
            assert (await operate("rebuild", projection))[0] == 0

    until = timestamp(datetime.now(UTC))
    told = len(receiver.received)
    with stack:
        async with client_of(stack.url) as client:
            await assert_read_models_are_what_happened(client)
            for state in await until_caught_up(client):
                assert not state["parked"]
            await assert_read_models_are_what_happened(client)
            assert "eve@example.net" not in str((await client.get("/orders/o1/events")).body)
            assert "ada@example.net" in str((await client.get("/orders/o2/events")).body)
            await place(client, 9, "ada")
            await receiver.has(requests=told + 1)
            await client.read_model("/orders/o9", 1)
            await sign_heads(stack, data)
    assert [received.event["subject"] for received in receiver.received[told:]] == ["order-o9"]

    async with operating(data, capsys) as operate:
        assert (await operate("verify"))[0] == 1
        code, said = await operate("verify", "--restored", moment, until)
        assert (code, "nothing found" in said) == (0, True)

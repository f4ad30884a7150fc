"""A new projection: what docs/adding-a-projection.md says, done to a copy of an application with a past."""

import asyncio
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from local.cosmos import connection_string
from ops import connected
from projections.projection import Report
from tests.rules.repository import ROOT
from tests.stack.client import PATIENCE, POLL_SECONDS, Client, an_order, client_of
from tests.stack.guides import followed, written
from tests.stack.local_azure import LocalAzure

GUIDE = (ROOT / "docs" / "adding-a-projection.md").read_text()
FILES = ("projections/carrier_report.py", "projections/registry.py")
REBUILD = "/operations/projections/carrier_report/rebuild"

type Figures = dict[str, int]


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the application with one new file and one new line."""
    copy = followed(GUIDE, FILES, tmp_path_factory.mktemp("new") / "application")
    subprocess.run([sys.executable, "-m", "ops", "generate"], cwd=copy, check=True)
    return copy


@pytest.fixture(scope="module")
def past(application: Path) -> Path:
    """The data of the application as it was before, which knew nothing of carriers' figures."""
    data = application.with_name("data")
    before = LocalAzure(data)
    try:
        asyncio.run(_live(before.start().url))
    finally:
        before.kill()
    return data


async def _live(url: str) -> None:
    async with client_of(url) as client:
        for number, carrier in enumerate(("UPS", "DHL", "UPS", None)):
            await ship(client, f"past-{number}", carrier, units=number + 1)
        assert (await client.post("/orders/past-0/deliver", {})).status == 200
        await client.post("/orders", an_order(orderId="cancelled"))
        reply = await client.post("/orders/cancelled/cancel", {"reason": "changed their mind"})
        assert reply.status == 200


async def ship(client: Client, order: str, carrier: str | None, units: int) -> None:
    items = [{"productId": "p", "quantity": units, "price": 1}]
    assert (await client.post("/orders", an_order(orderId=order, items=items))).status == 201
    shipment = {"trackingNumber": "1Z"} | ({"carrier": carrier} if carrier else {})
    assert (await client.post(f"/orders/{order}/ship", shipment)).status == 200


@pytest.fixture(scope="module")
def stack(application: Path, past: Path) -> Iterator[LocalAzure]:
    stack = LocalAzure(past, root=application)
    try:
        yield stack.start()
    finally:
        stack.kill()


@pytest.fixture
async def client(stack: LocalAzure) -> AsyncIterator[Client]:
    async with client_of(stack.url) as client:
        yield client


@pytest.fixture(scope="module")
def environment(stack: LocalAzure, past: Path) -> dict[str, str]:
    """The settings of an operator of the stack."""
    return {
        "CosmosDB": connection_string(stack.cosmos_address),
        "EventHub": stack.event_hubs,
        "COSMOS_DATABASE": "EventSourcingDB",
        "EVENT_HUB_NAME": "domain-events",
        "KEY_VAULT_URL": (past / "keys.json").as_uri(),
        "ARCHIVE__blobServiceUri": (past / "archive").as_uri(),
    }


@pytest.fixture(scope="module")
def report(application: Path) -> Report[Any, Any]:
    """The report that the guide's file makes."""
    spec = importlib.util.spec_from_file_location("carrier_report", application / FILES[0])
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made: Report[Any, Any] = module.CARRIER_REPORT
    return made


async def figures(
    environment: dict[str, str], report: Report[Any, Any], carrier: str
) -> Figures | None:
    """A carrier's row, read as the guide reads it."""
    async with connected.application(environment) as application:
        rows = await application.report_reader.read(
            report, "c.row.carrier = @carrier", {"@carrier": carrier}
        )
    if not rows:
        return None
    (sums,) = rows.values()
    assert all(isinstance(amount, Decimal) for amount in sums.values())
    return {name: int(amount) for name, amount in sums.items()}


async def counted(
    environment: dict[str, str], report: Report[Any, Any], carrier: str, expected: Figures
) -> None:
    """Waits until a carrier has these figures. Raises TimeoutError."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if await figures(environment, report, carrier) == expected:
                return
            await asyncio.sleep(POLL_SECONDS)


def test_the_registry_of_the_guide_differs_from_the_real_one_by_the_new_projection() -> None:
    real = (ROOT / "projections" / "registry.py").read_text().splitlines()
    guide = written(GUIDE, "projections/registry.py").splitlines()
    added = ["from projections.carrier_report import CARRIER_REPORT", "    CARRIER_REPORT,"]
    assert [line for line in guide if line not in real] == added
    assert [line for line in guide if line not in added] == real


def test_the_guide_shows_how_the_report_is_read_here() -> None:
    reading = 'CARRIER_REPORT, "c.row.carrier = @carrier", {"@carrier": "UPS"}'
    assert f"application.report_reader.read(\n    {reading}\n)" in GUIDE


@pytest.mark.parametrize("tool", [["mypy"], ["ruff", "check"], ["ruff", "format", "--check"]])
def test_what_the_guide_shows_passes_the_checks(application: Path, tool: list[str]) -> None:
    checked = subprocess.run(
        [sys.executable, "-m", *tool, *FILES],
        cwd=application,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_its_container_is_generated_with_its_index(application: Path) -> None:
    resources = json.loads((application / "infra" / "resources.json").read_text())
    (container,) = [each for each in resources["containers"] if each["name"] == "carrier_report"]
    assert container["partitionKey"] == ["/pk"]
    paths = [path["path"] for path in container["indexingPolicy"]["includedPaths"]]
    assert paths == ["/row/carrier/?"]


async def test_what_happens_from_now_on_is_counted(
    client: Client, environment: dict[str, str], report: Report[Any, Any]
) -> None:
    await ship(client, "now-1", "FedEx", units=5)
    await ship(client, "now-2", "FedEx", units=7)
    await client.post("/orders/now-2/deliver", {})
    expected = {"orders": 2, "units": 12, "delivered": 1}
    await counted(environment, report, "FedEx", expected)
    projections = (await client.get("/operations/projections")).body["projections"]
    (state,) = [each for each in projections if each["name"] == "carrier_report"]
    assert (state["generation"], state["parked"]) == (1, [])


async def test_a_rebuild_brings_the_past_and_goes_on_from_http_to_the_command_line(
    application: Path,
    client: Client,
    environment: dict[str, str],
    report: Report[Any, Any],
) -> None:
    started = await client.post(REBUILD, {})
    assert (started.status, started.headers["Location"]) == (202, f"/api{REBUILD}")
    assert started.body["generation"] == 2
    operated = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "ops", "rebuild", "carrier_report"],
        cwd=application,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert operated.returncode == 0, operated.stderr
    assert "Generation 2 of carrier_report is live." in operated.stdout
    progress = (await client.get(REBUILD)).body
    assert (progress["generation"], progress["share"]) == (2, 1)
    assert progress["phase"] in ("settling", "clearing", "done")
    assert progress["events"] >= 11
    ups = {"orders": 2, "units": 4, "delivered": 1}
    assert await figures(environment, report, "UPS") == ups
    assert await figures(environment, report, "DHL") == {"orders": 1, "units": 2, "delivered": 0}
    await client.post("/orders/past-2/deliver", {})
    await counted(environment, report, "UPS", ups | {"delivered": 2})

"""A third aggregate: what docs/adding-an-aggregate.md says, done to a copy of the application."""

import asyncio
import json
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.rules.repository import ROOT
from tests.stack.client import Client, client_of
from tests.stack.guides import followed, written
from tests.stack.local_azure import LocalAzure

GUIDE = (ROOT / "docs" / "adding-an-aggregate.md").read_text()


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the application with one new file and one new registry."""
    copy = tmp_path_factory.mktemp("third") / "application"
    return followed(GUIDE, ("domain/voucher.py", "domain/registry.py"), copy)


@pytest.fixture(scope="module")
def third(application: Path) -> Iterator[LocalAzure]:
    subprocess.run([sys.executable, "-m", "ops", "generate"], cwd=application, check=True)
    stack = LocalAzure(application.with_name("data"), root=application)
    try:
        yield stack.start()
    finally:
        stack.kill()


def test_the_contract_tells_of_vouchers(application: Path, third: LocalAzure) -> None:
    document = json.loads((application / "openapi.json").read_text())
    assert document["paths"]["/vouchers"]["post"]["operationId"] == "issue_voucher"
    assert document["paths"]["/vouchers/{voucherId}/redeem"]["post"]["operationId"]
    schemas = document["components"]["schemas"]
    refusal = schemas["RedeemVoucherRuleViolation"]["properties"]
    assert refusal["code"]["enum"] == ["insufficient-points"]
    assert schemas["VoucherAccepted"]["properties"]["status"]["enum"] == ["open", "spent"]


@pytest.fixture
async def vouchers(third: LocalAzure) -> AsyncIterator[Client]:
    async with client_of(third.url) as client:
        yield client


def test_the_registry_of_the_guide_differs_from_the_real_one_by_the_new_aggregate() -> None:
    real = (ROOT / "domain" / "registry.py").read_text().splitlines()
    guide = written(GUIDE, "domain/registry.py").splitlines()
    added = "from domain.voucher import VOUCHER"
    assert [line for line in guide if line not in real] == [added, real[-1][:-1] + ", VOUCHER)"]


@pytest.mark.parametrize("tool", [["mypy"], ["ruff", "check"], ["ruff", "format", "--check"]])
def test_what_the_guide_shows_passes_the_checks(application: Path, tool: list[str]) -> None:
    checked = subprocess.run(
        [sys.executable, "-m", *tool, "domain/voucher.py", "domain/registry.py"],
        cwd=application,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


async def test_a_voucher_lives_over_http(vouchers: Client) -> None:
    issued = await vouchers.post("/vouchers", {"voucherId": "v", "points": 10})
    assert (issued.status, issued.headers["Location"]) == (201, "/api/vouchers/v")
    assert issued.body["events"][0]["eventType"] == "VoucherIssued"
    redeemed = await vouchers.post("/vouchers/v/redeem", {"points": 4}, If_Match='"1"')
    assert (redeemed.status, redeemed.body["status"], redeemed.body["points"]) == (200, "open", 6)
    history = await vouchers.get("/vouchers/v/events")
    assert [event["data"] for event in history.body["events"]] == [
        {"voucherId": "v", "points": 10},
        {"voucherId": "v", "points": 4},
    ]


async def test_it_has_all_that_the_others_have(vouchers: Client) -> None:
    first = await vouchers.post("/vouchers", {"points": 10}, Idempotency_Key="k")
    repeat = await vouchers.post("/vouchers", {"points": 10}, Idempotency_Key="k")
    assert (first.status, repeat.content) == (201, first.content)
    path = f"/vouchers/{first.body['voucherId']}"
    other = await vouchers.post("/vouchers", {"voucherId": path[10:], "points": 1})
    assert (other.status, other.body["code"]) == (409, "voucher-already-issued")
    assert (await vouchers.post(f"{path}/redeem", {"points": True})).status == 400
    assert (await vouchers.post("/vouchers/none/redeem", {"points": 1})).status == 404
    late = await vouchers.post(f"{path}/redeem", {"points": 1}, If_Match='"9"')
    assert (late.status, late.body["currentVersion"]) == (412, 1)


async def test_it_is_never_redeemed_twice(vouchers: Client) -> None:
    await vouchers.post("/vouchers", {"voucherId": "hot", "points": 10})
    replies = await asyncio.gather(
        *(vouchers.post("/vouchers/hot/redeem", {"points": 3}) for _ in range(16))
    )
    assert Counter(reply.status for reply in replies) == {200: 3, 409: 13}


async def test_the_other_two_are_still_there(vouchers: Client) -> None:
    assert (await vouchers.post("/products/p/receive", {"quantity": 1})).status == 201
    assert (await vouchers.read_model("/products/p", 1)).status == 200

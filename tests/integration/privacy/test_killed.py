"""kill -9 in the midst of rotation and of a replay of erasures: nothing is lost, and a rerun finishes."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from random import Random

import pytest

from event_store.blobs import FolderBlobs
from event_store.erasure_log import BlobErasureLog
from local import keys
from local.cosmos import connection_string, serve
from privacy.erasure import ErasureRecord
from privacy.key_file import KeyFile
from privacy.key_ring import KeyRing
from privacy.sealing import DataKey
from privacy.vault import Vault
from tests.rules.repository import ROOT
from tests.stack.in_process import ENVIRONMENT, Account

PEOPLE = [f"person-{number}" for number in range(80)]
KILLS = 2


async def ops(environment: dict[str, str], command: str, kill_after: float | None) -> int:
    """An operator's command, killed so many seconds after it began its work; its exit code."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ops", *command.split()),
        stdout=PIPE,
        stderr=PIPE,
        cwd=ROOT,
        env=os.environ | environment,
    )
    assert process.stdout is not None
    await process.stdout.readline()
    if kill_after is not None:
        await asyncio.sleep(kill_after)
        if process.returncode is None:
            process.kill()
    await process.communicate()
    assert process.returncode is not None
    return process.returncode


class House:
    """An account behind a door for other processes, a file of keys and a folder of erasures."""

    def __init__(self, account: Account, folder: Path, endpoint: str) -> None:
        self.account = account
        self.source = KeyFile(keys.ensure(folder / "keys.json"))
        self.log = BlobErasureLog(FolderBlobs(folder / "archive" / "erasures"))
        self.environment = ENVIRONMENT | {
            "CosmosDB": connection_string(endpoint),
            "KEY_VAULT_URL": (folder / "keys.json").as_uri(),
            "ARCHIVE__blobServiceUri": (folder / "archive").as_uri(),
        }

    async def vault(self) -> Vault:
        """A vault as of a process that has just started."""
        application = await self.account.instance()
        return Vault(KeyRing(self.source), application.subject_keys)

    async def everybody(self) -> list[DataKey]:
        vault = await self.vault()
        return [await vault.key_of(person) for person in PEOPLE]

    async def versions(self) -> list[str | None]:
        documents = await self.account.documents("subject_keys")
        return [document.get("wrappedBy") for document in documents]


@pytest.mark.slow
async def test_a_killed_rotation_loses_no_key_and_a_rerun_finishes(
    account: Account, tmp_path: Path
) -> None:
    random = Random()
    async with serve(account.cosmos) as server:
        house = House(account, tmp_path, server.endpoint)
        before = await house.everybody()
        for _ in range(KILLS):
            await ops(house.environment, "rotate-key --no-wait", random.uniform(0, 0.5))
            assert await house.everybody() == before
        assert await ops(house.environment, "rotate-key --no-wait", None) == 0
        newest = await house.source.newest()
        assert set(await house.versions()) == {newest.version}
        assert await house.everybody() == before


@pytest.mark.slow
async def test_a_killed_replay_destroys_what_is_on_record_only_and_a_rerun_finishes(
    account: Account, tmp_path: Path
) -> None:
    random = Random()
    async with serve(account.cosmos) as server:
        house = House(account, tmp_path, server.endpoint)
        everybody = await house.everybody()
        erased, kept = everybody[::2], everybody[1::2]
        for key in erased:
            await house.log.append(ErasureRecord(key.subject, key.id, "2026-11-01T00:00:00Z"))
        for _ in range(KILLS):
            await ops(house.environment, "replay-erasures", random.uniform(0, 0.5))
            vault = await house.vault()
            assert [await vault.key_of(key.subject) for key in kept] == kept
        assert await ops(house.environment, "replay-erasures", None) == 0
        documents = {d["id"]: d for d in await account.documents("subject_keys")}
        assert [documents[key.subject].get("keyId") for key in erased] == [None] * len(erased)
        assert [documents[key.subject]["keyId"] for key in kept] == [key.id for key in kept]

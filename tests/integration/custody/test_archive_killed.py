"""kill -9 in the midst of archiving, again and again, into a folder: nothing is lost, a rerun finishes."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from random import Random

import pytest

from event_store.archive import Archive
from event_store.blobs import FolderBlobs
from event_store.chain import stored_fields
from local.cosmos import serve
from tests.rules.repository import ROOT
from tests.stack.archiving import reconcile, stubs
from tests.stack.histories import receive_often
from tests.stack.in_process import Account
from tests.stack.streams import assert_sound

PROCESS = Path(__file__).with_name("archiving_process.py")
EVENTS = 80
KILLS = 2


async def archive(endpoint: str, folder: Path, kill_after: float | None) -> str:
    """What the process said last, before it was killed so many seconds after it had begun, or ended."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(PROCESS), endpoint, str(folder), stdout=PIPE, env=environment
    )
    assert process.stdout is not None
    said = await process.stdout.readline()
    if kill_after is not None:
        await asyncio.sleep(kill_after)
        if process.returncode is None:
            process.kill()
    said = await process.stdout.read() or said
    await process.wait()
    return said.decode().strip()


@pytest.mark.slow
async def test_a_killed_archive_loses_nothing_and_a_rerun_finishes(
    account: Account, tmp_path: Path
) -> None:
    application = await account.instance()
    await receive_often(account, application.codec, "p", EVENTS)
    await reconcile(application)
    before = [stored_fields(document) for document in await account.stream("product-p")]
    application.archive = Archive(FolderBlobs(tmp_path / "archive"))
    del application.event_store
    random, progress = Random(), [0]
    async with serve(account.cosmos, 0) as server:
        for _ in range(KILLS):
            await archive(server.endpoint, tmp_path, random.uniform(0, 0.3))
            found = await application.event_store.documents("product-p", 1, EVENTS)
            assert [stored_fields(document) for document in found] == before
            progress.append(len(stubs(await account.stream("product-p"))))
        assert progress == sorted(progress)
        assert await archive(server.endpoint, tmp_path, None) == "done"
    assert stubs(await account.stream("product-p")) == list(range(1, EVENTS + 1))
    found = await application.event_store.documents("product-p", 1, EVENTS)
    assert [stored_fields(document) for document in found] == before
    assert_sound(before)

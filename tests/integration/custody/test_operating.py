"""The archive as operators see it: commands with exit codes, and over HTTP."""

import asyncio
import json
import os
from pathlib import Path
from unittest import mock

import azure.functions as func
import pytest

from custody.heads import HeadLists
from event_store.blobs import FolderBlobs
from functions import archive as archive_functions
from local.cosmos import connection_string, serve
from local.keys import ensure
from ops.__main__ import main
from privacy.key_file import KeyFile
from privacy.key_ring import KeyRing
from tests.fakes.http import request
from tests.stack.archiving import instance, reconcile
from tests.stack.histories import receive_often
from tests.stack.in_process import ENVIRONMENT, Account


async def run(account: Account, folder: Path, *arguments: str) -> int:
    """A command's exit code, on a server of the account."""
    keys = ensure(folder / "keys.json")
    async with serve(account.cosmos, 0) as server:
        environment = ENVIRONMENT | {
            "CosmosDB": connection_string(server.endpoint),
            "ARCHIVE__blobServiceUri": (folder / "blobs").as_uri(),
            "KEY_VAULT_URL": keys.as_uri(),
        }
        with mock.patch.dict(os.environ, environment):
            return await asyncio.to_thread(main, list(arguments))


async def test_verify_says_by_its_exit_code_whether_anything_was_found(
    account: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    application = await account.instance()
    await receive_often(account, application.codec, "p", 20)
    keys = KeyRing(KeyFile(ensure(tmp_path / "keys.json")))
    lists = HeadLists(FolderBlobs(tmp_path / "blobs" / "heads"), keys)
    head = (await account.stream("product-p"))[-1]
    assert await lists.append({"product-p": (20, head["hash"])}, "2026-11-01T00:00:00.000000Z")
    assert await run(account, tmp_path, "verify") == 0
    assert "20 events of 1 streams, 1 signed heads: nothing found" in capsys.readouterr().out
    await (await account.container("events")).delete_item(head["id"], "product-p")
    assert await run(account, tmp_path, "verify", "--workers", "3") == 1
    assert "product-p version 20 removed" in capsys.readouterr().out


async def test_archive_says_what_it_would_do_or_why_it_does_nothing(
    account: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    application = await account.instance()
    await receive_often(account, application.codec, "p", 3)
    assert await run(account, tmp_path, "archive", "--older-than-days", "30") == 2
    assert "Reconcile has not run yet" in capsys.readouterr().err
    await reconcile(application)
    assert await run(account, tmp_path, "archive", "--older-than-days", "6") == 2
    assert "not 6" in capsys.readouterr().err
    assert await run(account, tmp_path, "archive", "--older-than-days", "30", "--dry-run") == 0
    assert "0 events would go" in capsys.readouterr().out


async def test_an_operator_starts_the_archive_and_watches_it(account: Account) -> None:
    application = await instance(account)
    await receive_often(account, application.codec, "p", 3)
    await reconcile(application)
    app = func.FunctionApp()
    app.register_functions(archive_functions.blueprint(application))
    functions = {f.get_function_name(): f.get_user_function() for f in app.get_functions()}
    path = "/api/operations/archive"
    refused = await functions["start_archive"](request("POST", path, body={"olderThanDays": 6}))
    assert refused.status_code == 400
    nothing = await functions["get_archive"](request("GET", path))
    assert nothing.status_code == 404
    started = await functions["start_archive"](request("POST", path, body={"olderThanDays": 30}))
    assert (started.status_code, started.headers["Location"]) == (202, path)
    await application.archive_job.step(seconds=60)
    progress = json.loads((await functions["get_archive"](request("GET", path))).get_body())
    assert progress == {
        "phase": "done",
        "olderThanDays": 30,
        "share": 1.0,
        "streams": 1,
        "events": 3,
        "blobs": 1,
        "damaged": [],
    }

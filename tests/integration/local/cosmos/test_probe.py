"""Microsoft's .NET SDK against the server, where the probe is at hand."""

import asyncio
import os
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import pytest

PROBE: Final = Path(__file__).parents[5] / "shared/tools/cosmos-probe/cosmos-probe"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PROBE.exists(), reason="../shared/tools/cosmos-probe is not there"),
]

type Start = Callable[..., Awaitable[Any]]


async def probe(endpoint: str) -> str:
    """What the probe says; it makes and deletes a database of its own."""
    process = await asyncio.create_subprocess_exec(
        PROBE,
        *("--endpoint", endpoint.replace("127.0.0.1", "localhost")),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=os.environ | {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


def passed(said: str) -> int:
    counts = re.search(r"(\d+) passed, 0 failed", said)
    assert counts, said
    return int(counts[1])


async def test_all_checks_pass_over_http_and_https_and_after_a_kill_9(start: Start) -> None:
    server, secure = await start(), await start("--tls", folder="secure")
    for said in await asyncio.gather(probe(server.endpoint), probe(secure.endpoint)):
        assert passed(said) >= 46
    await server.kill()
    server = await start()
    assert passed(await probe(server.endpoint)) >= 46

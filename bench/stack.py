"""The local stack as `make run` starts it, in processes of its own, on free ports."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec
from azure.cosmos.aio import CosmosClient

from bench.processes import running
from local.cosmos import EMULATOR_KEY

_SAYS: Final = (r"Cosmos DB +(?P<cosmos>http\S+)", r"Event Hubs +sb://\S+:(?P<hubs>\d+)", r"^ready")
_HOST_SAYS: Final = r"Functions +(?P<api>http\S+)"


class Stack(msgspec.Struct, frozen=True):
    """Where it answers; `api` is empty where no app runs."""

    cosmos: str
    hubs: str
    api: str = ""

    @property
    def event_hubs(self) -> str:
        """The namespace's connection string."""
        return (
            f"Endpoint=sb://127.0.0.1:{self.hubs};SharedAccessKeyName=RootManageSharedAccessKey;"
            "SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;"
        )

    def client(self) -> CosmosClient:
        return CosmosClient(self.cosmos, EMULATOR_KEY)


@asynccontextmanager
async def local_stack(
    folder: Path | None = None, *, functions: bool = True
) -> AsyncIterator[Stack]:
    """The servers, and the app unless `functions` is false; over a folder, or over an empty one."""
    with TemporaryDirectory(prefix="bench-") as empty:
        data = str(folder or empty)
        ports = ("--http-port", "0", "--cosmos-port", "0", "--eventhubs-port", "0")
        flags = () if functions else ("--no-functions",)
        says = (*_SAYS, _HOST_SAYS) if functions else _SAYS
        async with running("-m", "local", *ports, *flags, "--data", data, says=says) as found:
            yield Stack(**found)

"""The local Azure as a whole: the servers in this process, the Functions host in a child that restarts alone."""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from azure.cosmos.aio import CosmosClient

from local import cosmos, event_hubs, keys, provision
from local.host_process import APP, HostProcess
from local.page import page

DEFAULTS: Final = {"HTTP_AUTH": "keys", "FEED_POLL_MILLISECONDS": "100"}
"""What the application is told where neither the environment nor local.settings.json says anything."""

type Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to start, and where. A port of 0 stands for any that is free."""

    data: Path
    http_port: int = 7071
    cosmos_port: int = 8081
    event_hubs_port: int = 5672
    functions: bool = True
    cosmos_tls: bool = False
    require_keys: bool = False


async def run(options: Options, say: Say, stop: asyncio.Event) -> None:
    """Starts everything, says `ready` once the application is healthy, and runs until `stop` is set.

    Raises ProvisionError, HostFailed, OSError where a port is taken, and the servers' FolderInUse.
    """
    if options.functions:
        options = replace(options, http_port=_port_for_http(options.http_port))
    async with _servers(options, say) as servers:
        if not options.functions:
            say(f"Local view  {servers.door}_local/")
            say("ready")
            await stop.wait()
            return
        host = HostProcess(
            options.http_port,
            options.data / "functions",
            servers.settings,
            require_keys=options.require_keys,
            beside=servers.door,
        )
        say(f"Functions   {host.url}/api")
        say(f"Local view  {host.url}/_local/")
        await host.run(stop, lambda: say("ready"))


@dataclass(frozen=True)
class _Servers:
    """The servers while they run: the application's settings, and the door with the page at `_local/`."""

    settings: dict[str, str]
    door: str


@asynccontextmanager
async def _servers(options: Options, say: Say) -> AsyncIterator[_Servers]:
    """Cosmos DB and Event Hubs with all that the application needs in them, and the page.

    The page asks the application at the port for HTTP, also where somebody else is to start it there.
    """
    resources = provision.load()
    options.data.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        account = stack.enter_context(closing(cosmos.Cosmos(options.data)))
        hubs = event_hubs.EventHubs(provision.hubs(resources), options.data)
        stack.enter_context(closing(hubs))
        await _provision(account, resources)
        application = f"http://127.0.0.1:{options.http_port}"
        beside = await stack.enter_async_context(
            page(account, hubs, resources["database"], application)
        )
        database = await stack.enter_async_context(
            cosmos.serve(account, options.cosmos_port, tls=options.cosmos_tls, beside=beside)
        )
        say(f"Cosmos DB   {database.endpoint}")
        namespace = await stack.enter_async_context(event_hubs.serve(hubs, options.event_hubs_port))
        say(f"Event Hubs  sb://127.0.0.1:{namespace.port}")
        settings = {
            **_preferences(),
            "CosmosDB": cosmos.connection_string(database.endpoint),
            "EventHub": namespace.connection_string,
            "ARCHIVE__blobServiceUri": (options.data.absolute() / "archive").as_uri(),
            "KEY_VAULT_URL": keys.ensure(options.data / "keys.json").as_uri(),
            "COSMOS_DATABASE": resources["database"],
            "EVENT_HUB_NAME": resources["eventHubs"][0]["name"],
        }
        yield _Servers(settings, database.endpoint)


async def _provision(account: cosmos.Cosmos, resources: provision.Resources) -> None:
    async with CosmosClient(
        "http://127.0.0.1/", cosmos.EMULATOR_KEY, transport=cosmos.InProcessTransport(account)
    ) as client:
        await provision.create_containers(client, resources)


def _preferences() -> dict[str, str]:
    """The defaults, where a developer has not chosen otherwise."""
    path = APP / "local.settings.json"
    chosen = json.loads(path.read_bytes()).get("Values", {}) if path.exists() else {}
    return {
        name: value
        for name, value in DEFAULTS.items()
        if name not in chosen and name not in os.environ
    }


def _port_for_http(wanted: int) -> int:
    """The host's port, which its own process will bind: seen to be free before anything is started."""
    try:
        with socket.create_server(("127.0.0.1", wanted)) as listener:
            port: int = listener.getsockname()[1]
            return port
    except OSError as error:
        raise OSError(f"port {wanted} is taken: give another --http-port") from error

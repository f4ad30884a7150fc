"""`python -m local`: Cosmos DB, Event Hubs and the Functions host on this machine, with the app in it."""

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from local.cosmos import FolderInUse as CosmosFolderInUse
from local.event_hubs import FolderInUse as EventHubsFolderInUse
from local.host_process import HostFailed
from local.provision import ProvisionError
from local.supervisor import Options, run


def main() -> int:
    """Runs until Ctrl-C or SIGTERM; 1, and what is wrong, when it cannot start."""
    options = _options()
    logging.basicConfig(
        stream=sys.stdout, level=logging.WARNING, format="[%(asctime)s] %(message)s"
    )
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_run(options))
    except (
        CosmosFolderInUse,
        EventHubsFolderInUse,
        HostFailed,
        OSError,
        ProvisionError,
        ValueError,
    ) as error:
        print(f"Cannot start: {error}", file=sys.stderr)
        return 1
    return 0


async def _run(options: Options) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await run(options, lambda line: print(line, flush=True), stop)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop


def _options() -> Options:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    parser.add_argument("--http-port", type=int, default=7071, metavar="PORT")
    parser.add_argument("--cosmos-port", type=int, default=8081, metavar="PORT")
    parser.add_argument("--eventhubs-port", type=int, default=5672, metavar="PORT")
    parser.add_argument("--data", type=Path, default=Path(".local"), metavar="FOLDER")
    parser.add_argument("--no-functions", action="store_true", help="the servers only")
    parser.add_argument("--cosmos-tls", action="store_true", help="Cosmos DB over HTTPS")
    parser.add_argument("--require-keys", action="store_true", help="ask callers for function keys")
    given = parser.parse_args()
    return Options(
        data=given.data.resolve(),
        http_port=given.http_port,
        cosmos_port=given.cosmos_port,
        event_hubs_port=given.eventhubs_port,
        functions=not given.no_functions,
        cosmos_tls=given.cosmos_tls,
        require_keys=given.require_keys,
    )


if __name__ == "__main__":
    sys.exit(main())

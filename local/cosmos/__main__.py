"""`python -m local.cosmos --port N --data DIR [--tls]`: the local Cosmos DB on its own."""

import argparse
import asyncio
import logging
import signal
import sys
from contextlib import closing
from pathlib import Path

from local.cosmos import Cosmos, FolderInUse, PortInUse, connection_string, serve


def main() -> int:
    """Run until SIGTERM or Ctrl-C; 1 when the port or the folder is taken."""
    logging.basicConfig(level=logging.WARNING)
    arguments = _arguments()
    try:
        asyncio.run(_run(arguments.port, arguments.data, tls=arguments.tls))
    except (FolderInUse, PortInUse) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.cosmos", description=__doc__)
    parser.add_argument("--port", type=int, default=8081, help="0 picks a free one")
    parser.add_argument("--data", type=Path, default=Path(".local/cosmos"), help="the data folder")
    parser.add_argument("--tls", action="store_true", help="serve HTTPS, self-signed")
    return parser.parse_args()


async def _run(port: int, folder: Path, *, tls: bool) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with closing(Cosmos(folder)) as cosmos:
        async with serve(cosmos, port, tls=tls) as door:
            print(f"Cosmos DB  {connection_string(door.endpoint)}", flush=True)
            await stop.wait()


if __name__ == "__main__":
    sys.exit(main())

"""`python -m local.event_hubs`: the Event Hubs server alone."""

import argparse
import asyncio
import contextlib
import logging
import signal
import sys
from pathlib import Path

from local.event_hubs import EventHubs, FolderInUse, HubSpec, serve


def main() -> None:
    arguments = _parser().parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        specs = [_hub(text, arguments.group) for text in arguments.hub or ["events"]]
        with EventHubs(specs, arguments.data) as event_hubs:
            asyncio.run(_serve(event_hubs, arguments.port))
    except (OSError, ValueError, FolderInUse) as error:
        sys.exit(f"error: {error}")


async def _serve(event_hubs: EventHubs, port: int) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with serve(event_hubs, port) as serving:
        print(f"Event Hubs: {serving.connection_string}", flush=True)
        await stopped.wait()


def _hub(text: str, groups: list[str]) -> HubSpec:
    """Read NAME or NAME:PARTITIONS."""
    name, colon, partitions = text.partition(":")
    if colon and not partitions.isdigit():
        raise ValueError(f"--hub {text}: expected NAME or NAME:PARTITIONS")
    count = {"partitions": int(partitions)} if colon else {}
    return HubSpec(name, consumer_groups=tuple(groups), **count)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.event_hubs", description=__doc__)
    parser.add_argument("--port", type=int, default=5672, help="0 takes a free one (default 5672)")
    parser.add_argument("--data", type=Path, help="folder of the log; without it, in memory")
    parser.add_argument("--hub", action="append", metavar="NAME[:PARTITIONS]", help="repeatable")
    parser.add_argument(
        "--group", action="append", default=[], help="consumer group of every hub; repeatable"
    )
    return parser


if __name__ == "__main__":
    main()

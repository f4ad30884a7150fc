"""Run a Functions host alone: `python -m local.functions_host --app DIR --port N --data DIR`."""

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from local.functions_host.errors import HostStartError
from local.functions_host.host import LAST_BATCHES_SECONDS, FunctionsHost
from local.functions_host.http_server import listen

INHERITED_DOOR = "LOCAL_FUNCTIONS_HOST_DOOR"
"""Names the listening socket that a host hands to its successor, so that no caller is refused."""

RESTART_DELAY = 0.1
"""Seconds in which the answer to the request that cost the worker goes out."""

logger = logging.getLogger("functions_host")


def main() -> int:
    """Run until SIGTERM or Ctrl-C. Exit code 1, and what is wrong, when the host can't start."""
    options = _arguments()
    _log_to_stdout()
    restart = _restart_as_now()
    try:
        door = _door(options.port)
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_run(options, door, restart))
    except HostStartError as error:
        print(f"The Functions host can't start: {error}", file=sys.stderr)
        return 1
    return 0


async def _run(
    options: argparse.Namespace, door: socket.socket, restart: Callable[[socket.socket], None]
) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _on_signal, ended)

    def on_worker_lost(_: str) -> None:
        loop.call_later(RESTART_DELAY, restart, door)

    host = FunctionsHost(
        options.app,
        os.environ,
        options.data,
        require_keys=options.require_keys,
        last_batches=LAST_BATCHES_SECONDS,
        listener=door,
        on_worker_lost=on_worker_lost,
        beside=options.beside,
    )
    async with host:
        logger.info("Functions host on %s", host.url)
        await ended.wait()
    # A function app has no moment at which it could close its clients: they end with the process, and
    # what they would say of it on their way is no news.
    loop.set_exception_handler(lambda loop, context: None)


def _on_signal(ended: asyncio.Event) -> None:
    """The first signal ends the host, a second one the process."""
    if ended.is_set():
        os._exit(1)
    ended.set()


def _restart_as_now() -> Callable[[socket.socket], None]:
    """A restart of this process as it is now, on the socket it then has.

    What the real host does to its worker process; here host and worker are one process.
    """
    environment, folder = dict(os.environ), os.getcwd()

    def restart(door: socket.socket) -> None:
        os.chdir(folder)
        os.set_inheritable(door.fileno(), True)
        environment[INHERITED_DOOR] = str(door.fileno())
        os.execve(sys.executable, sys.orig_argv, environment)

    return restart


def _door(port: int) -> socket.socket:
    inherited = os.environ.pop(INHERITED_DOOR, None)
    if inherited is None:
        return listen(port)
    door = socket.socket(fileno=int(inherited))
    os.set_inheritable(door.fileno(), False)
    return door


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop


def _log_to_stdout() -> None:
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="[%(asctime)s] %(message)s")
    for noisy in ("azure", "uamqp", "uvicorn"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.functions_host", description=__doc__)
    parser.add_argument("--app", type=Path, default=Path(), help="the folder of function_app.py")
    parser.add_argument("--port", type=int, default=7071)
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(".local/functions"),
        help="where leases, checkpoints, timers and keys are kept",
    )
    parser.add_argument("--require-keys", action="store_true", help="ask for function keys")
    parser.add_argument("--beside", metavar="URL", help="who is asked for what is under /_local")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

"""The whole stack as processes of its own: `python -m local`, as a developer starts it."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final, Self

from local.event_hubs import Serving

REPOSITORY: Final = Path(__file__).parent.parent.parent
PATIENCE: Final = 60.0
"""Seconds that a slow machine may take to start or to stop the stack."""
POLL_SECONDS: Final = 0.02


class NotReady(Exception):
    """The stack ended, or took too long, before it was ready; the message is what it said."""


class LocalAzure:
    """One stack over a data folder, on free ports; after a restart on the same ones again.

    `root` is the folder of the application. What it says goes into a file beside the data folder.
    """

    def __init__(self, data: Path, *options: str, root: Path = REPOSITORY) -> None:
        self._data = data
        self._options = options
        self._root = root
        self._log = data.with_name(f"{data.name}.log")
        self._log.touch()
        self._log_start = 0
        self._process: subprocess.Popen[bytes] | None = None
        self.http_port = self.cosmos_port = self.event_hubs_port = 0

    def start(self) -> Self:
        """Returns when it says `ready`. Raises NotReady."""
        self.begin()
        self.wait_until_said("\nready\n")
        said = self.said()
        if "--no-functions" not in self._options:
            self.http_port = _port(said, "Functions")
        self.cosmos_port = _port(said, "Cosmos DB")
        self.event_hubs_port = _port(said, "Event Hubs")
        return self

    def begin(self) -> None:
        """Starts it and does not wait."""
        self._log_start = self._log.stat().st_size
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "local", "--data", str(self._data)),
                    *("--http-port", str(self.http_port)),
                    *("--cosmos-port", str(self.cosmos_port)),
                    *("--eventhubs-port", str(self.event_hubs_port)),
                    *self._options,
                ],
                cwd=self._root,
                env={name: os.environ[name] for name in os.environ if name != "PYTHONPATH"},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def said(self) -> str:
        """What it has said since its last start."""
        with self._log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    def wait_until_said(self, text: str, times: int = 1) -> None:
        """Waits until it has said something so many times since its last start. Raises NotReady."""
        deadline = time.monotonic() + PATIENCE
        while self.said().count(text) < times:
            if self._running.poll() is not None or time.monotonic() > deadline:
                raise NotReady(self.said())
            time.sleep(POLL_SECONDS)

    def exit_code(self) -> int:
        """Waits for its end."""
        return self._running.wait(PATIENCE)

    def signal(self, number: signal.Signals) -> None:
        self._running.send_signal(number)

    def kill(self) -> None:
        """kill -9: nothing of it gets to say goodbye. Its host ends with it (local/lifeline.py)."""
        children = self._children()
        self._running.kill()
        self._running.wait(PATIENCE)
        for child in children:
            _wait_until_gone(child)

    def restart(self) -> None:
        """kill -9, and up again on the same data and ports."""
        self.kill()
        self.start()

    def stop(self) -> int:
        """Ends it as Ctrl-C does; its exit code. Does nothing when it has ended."""
        if self._running.poll() is None:
            self.signal(signal.SIGTERM)
        return self.exit_code()

    def kill_host(self) -> None:
        """kill -9 of the Functions host alone; its supervisor is to start another one."""
        (host,) = self._children()
        os.kill(host, signal.SIGKILL)

    def _children(self) -> list[int]:
        """The processes that it started itself: the Functions host, where there is one."""
        pid = self._running.pid
        return [
            int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        ]

    @property
    def url(self) -> str:
        """Where the application answers, up to the routes."""
        return f"http://127.0.0.1:{self.http_port}/api"

    @property
    def cosmos_address(self) -> str:
        return f"http://127.0.0.1:{self.cosmos_port}/"

    @property
    def event_hubs(self) -> str:
        """The connection string of the namespace."""
        return Serving(self.event_hubs_port).connection_string

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "it was not started"
        return self._process

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self.stop()


def _port(said: str, name: str) -> int:
    found = re.search(rf"^{name}\s+\w+://[\d.]+:(\d+)", said, re.MULTILINE)
    assert found is not None, f"no line for {name} in:\n{said}"
    return int(found[1])


def _wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while _lives(pid):
        assert time.monotonic() < deadline, f"process {pid} lives on without its parent"
        time.sleep(POLL_SECONDS)


def _lives(pid: int) -> bool:
    """Whether a process runs; one that ended and that nobody has asked about does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in ("Z", "X")

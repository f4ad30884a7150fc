"""Azurite, the storage emulator from npm: its Table service in memory, on a free port of this machine."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.stack.npm import installed

VERSION: Final = "3.37.0"
PATIENCE: Final = 30.0
"""Seconds until it listens."""
ACCOUNT: Final = "devstoreaccount1"
KEY: Final = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
"""The emulator's account: known to everybody ("Use the Azurite emulator")."""


@contextmanager
def table_service(folder: Path) -> Iterator[str]:
    """A Table service that ends with the context; its connection string. Skips where npm has none."""
    program = installed("azurite", {"azurite": VERSION})
    main = program / "node_modules" / "azurite" / "dist" / "src" / "table" / "main.js"
    port = _free_port()
    command = [
        *("node", str(main), "--tableHost", "127.0.0.1", "--tablePort", str(port)),
        *("--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--silent"),
    ]
    with (folder / "azurite.log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait(process, port, folder / "azurite.log")
        yield connection_string(port)
    finally:
        process.terminate()
        process.wait()


def connection_string(port: int) -> str:
    endpoint = f"http://127.0.0.1:{port}/{ACCOUNT}"
    return f"AccountName={ACCOUNT};AccountKey={KEY};TableEndpoint={endpoint};"


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"Azurite did not start: {log.read_text()}")

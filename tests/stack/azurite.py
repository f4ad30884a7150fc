"""Azurite, the storage emulator from npm: one of its services, on a free port of this machine."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

import pytest

from tests.stack.npm import installed

type Service = Literal["blob", "table"]

VERSION: Final = "3.37.0"
PATIENCE: Final = 30.0
"""Seconds until it listens."""
ACCOUNT: Final = "devstoreaccount1"
KEY: Final = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
"""The emulator's account: known to everybody ("Use the Azurite emulator")."""


@contextmanager
def storage(service: Service, folder: Path) -> Iterator[str]:
    """A service that ends with the context; its connection string. Skips where npm has none."""
    program = installed("azurite", {"azurite": VERSION})
    main = program / "node_modules" / "azurite" / "dist" / "src" / service / "main.js"
    port = _free_port()
    command = [
        *("node", str(main), f"--{service}Host", "127.0.0.1", f"--{service}Port", str(port)),
        *("--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--silent"),
    ]
    with (folder / "azurite.log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait(process, port, folder / "azurite.log")
        yield connection_string(service, port)
    finally:
        process.terminate()
        process.wait()


def connection_string(service: Service, port: int) -> str:
    endpoint = f"http://127.0.0.1:{port}/{ACCOUNT}"
    return f"AccountName={ACCOUNT};AccountKey={KEY};{service.title()}Endpoint={endpoint};"


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

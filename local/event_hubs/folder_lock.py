"""One process at a time per data folder: a lock of the operating system, which dies with its holder."""

import fcntl
import os
from pathlib import Path


class FolderInUse(Exception):
    """Another process serves this folder."""


class FolderLock:
    """Held from construction to `release`."""

    def __init__(self, path: Path) -> None:
        """Raises FolderInUse when another process, or another server in this one, holds it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._descriptor, 32).decode(errors="replace").strip() or "unknown"
            os.close(self._descriptor)
            raise FolderInUse(
                f"{path.parent} is served by another Event Hubs server (process {holder}); "
                "stop that one or choose another folder"
            ) from None
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Let the next one in; the file stays, so that no two processes lock different ones."""
        os.close(self._descriptor)

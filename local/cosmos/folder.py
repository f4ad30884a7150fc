"""The data folder: one process at a time."""

import fcntl
from pathlib import Path
from typing import IO

from local.cosmos.errors import FolderInUse


class FolderLock:
    """An exclusive lock on a folder; the operating system drops it when the process dies."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file: IO[str] = (folder / "cosmos.lock").open("w")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise FolderInUse(
                f"The folder {folder} is in use by another local Cosmos DB server. "
                "Stop that one, or give this one a folder of its own."
            ) from None

    def release(self) -> None:
        self._file.close()

"""The key-encryption key of a laptop: made once, kept in the data folder, readable by its owner only."""

import base64
import json
import os
from pathlib import Path


def ensure(path: Path) -> Path:
    """Makes the file, unless it is there: a key that is lost is data that is lost."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path
    secret = base64.b64encode(os.urandom(32)).decode()
    with os.fdopen(handle, "w") as file:
        json.dump({"keys": [{"version": "1", "secret": secret}]}, file)
    return path

"""The key-encryption key of a laptop: made once, kept in the data folder, readable by its owner only."""

import base64
import json
import os
import sys
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


def main(arguments: list[str]) -> int:
    """`python -m local.keys FILE`: for who runs the application without `python -m local`."""
    if len(arguments) != 1:
        print("usage: python -m local.keys FILE", file=sys.stderr)
        return 2
    path = Path(arguments[0])
    path.parent.mkdir(parents=True, exist_ok=True)
    print(f"{ensure(path)} is there.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

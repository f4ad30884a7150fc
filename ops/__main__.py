"""`python -m ops <command>`."""

import argparse
import sys
from typing import Final

from ops import (
    archive,
    cost,
    dead_letters,
    generate,
    rebuild,
    replay_erasures,
    rotate_key,
    verify,
)

COMMANDS: Final = (
    archive,
    cost,
    dead_letters,
    generate,
    rebuild,
    replay_erasures,
    rotate_key,
    verify,
)


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; its exit code is the process's."""
    parser = argparse.ArgumentParser(prog="python -m ops", description="Operate the application.")
    commands = parser.add_subparsers(title="commands", required=True)
    for command in COMMANDS:
        command.add_to(commands)
    options = parser.parse_args(arguments)
    code: int = options.run(options)
    return code


if __name__ == "__main__":
    sys.exit(main())

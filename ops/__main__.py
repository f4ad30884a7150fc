"""`python -m ops <command>`."""

import argparse
import sys

from ops import cost, dead_letters, generate, rebuild


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; its exit code is the process's."""
    parser = argparse.ArgumentParser(prog="python -m ops", description="Operate the application.")
    commands = parser.add_subparsers(title="commands", required=True)
    for command in (cost, dead_letters, generate, rebuild):
        command.add_to(commands)
    options = parser.parse_args(arguments)
    code: int = options.run(options)
    return code


if __name__ == "__main__":
    sys.exit(main())

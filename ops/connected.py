"""The application as an operator's commands use it: connected by its settings, its faults told plainly."""

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec

import settings
from custody.archive_run import CannotArchive
from event_store.errors import EventStoreError
from privacy.errors import PrivacyError
from settings import SettingsError
from wiring import Application

DEFAULT_FILE: Final = Path(__file__).parent.parent / "local.settings.json"
INTERRUPTED: Final = 130
"""The exit code of a process that Ctrl-C ended, as shells have it."""

type Work = Callable[[Application], Awaitable[int]]
"""What a command does with the application; its exit code."""


class SettingsFileError(Exception):
    """A file of settings cannot be used."""


FAULTS: Final = (SettingsError, SettingsFileError, EventStoreError, PrivacyError, CannotArchive)
"""What an operator is told in a line: everything else is a defect."""


class SettingsFile(msgspec.Struct, rename="pascal"):
    """What `func` and the portal write: the settings are under `Values`."""

    values: dict[str, str]
    is_encrypted: bool = False


def add_settings_to(parser: argparse.ArgumentParser, default: str | None = None) -> None:
    """The option `--settings`; below a command that has it too, `default` is argparse.SUPPRESS."""
    parser.add_argument(
        "--settings",
        type=Path,
        default=default,
        metavar="FILE",
        help="settings for what the environment does not name, as in local.settings.json, which is read "
        "where it is there; they have to be those that the application runs with",
    )


def run(options: argparse.Namespace, work: Work, cannot: int = 1) -> int:
    """Does a command's work; `cannot`, and the reason on stderr, where settings or Azure do not let it."""
    try:
        environment = {**_from_file(options.settings), **os.environ}
        return asyncio.run(_connected(environment, work))
    except* FAULTS as failed:
        for message in dict.fromkeys(map(str, _leaves(failed))):
            print(f"error: {message}", file=sys.stderr)
        if failed.subgroup(SettingsError) and options.settings is None:
            print("--settings names a file that has them (docs/operations.md)", file=sys.stderr)
    return cannot


async def _connected(environment: Mapping[str, str], work: Work) -> int:
    async with application(environment) as connected:
        return await work(connected)


@asynccontextmanager
async def application(environment: Mapping[str, str]) -> AsyncIterator[Application]:
    """The application over an environment; its clients are closed afterwards. Raises SettingsError."""
    made = Application(settings.read(environment))
    try:
        yield made
    finally:
        await made.close()


def _from_file(named: Path | None) -> dict[str, str]:
    """The values of a file; nothing where none was named and the default one is not there."""
    path = named or DEFAULT_FILE
    if named is None and not path.exists():
        return {}
    try:
        read = msgspec.json.decode(path.read_bytes(), type=SettingsFile)
    except OSError as error:
        raise SettingsFileError(f"{path} cannot be read: {error.strerror}") from error
    except msgspec.DecodeError as error:
        form = 'expected {"Values": {"name": "text", ...}}'
        raise SettingsFileError(f"{path} is not a file of settings: {error}; {form}") from error
    if read.is_encrypted:
        raise SettingsFileError(f"{path} is encrypted: 'func settings decrypt' makes it readable")
    return read.values


def _leaves(group: BaseExceptionGroup[Exception]) -> Iterator[Exception]:
    """The errors of a group and of the groups in it."""
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error

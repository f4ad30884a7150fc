"""What the hooks share: azd's environment, and the command lines of Azure. The standard library is all they need."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent.parent
UNLOGGED: Final = {"AZURE_LOGGING_ENABLE_LOG_FILE": "false"}
"""`az` can be told to keep a log of its own, with the bodies of its requests: not of these."""


class HookError(Exception):
    """What went wrong, and what to do; a hook shows it in place of a traceback."""


def needed(name: str) -> str:
    """A value of azd's environment, which has to be there. Raises HookError."""
    value = known(name)
    if not value:
        raise HookError(f"{name} is not set: provision first, or 'azd env set {name} …'")
    return value


def is_private() -> bool:
    """Whether the services of the environment are reached from within their network only."""
    return known("PRIVATE_NETWORK") == "true"


def known(name: str) -> str:
    """A value of azd's environment, or nothing. A hook that a person runs asks azd for it."""
    value = os.environ.get(name)
    if value or shutil.which("azd") is None:
        return value or ""
    done = run("azd", "env", "get-value", name)
    return done.stdout.strip() if done.returncode == 0 else ""


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """One run of a command line, to its end. Raises HookError where the program is missing."""
    program = shutil.which(command[0])
    if program is None:
        raise HookError(f"'{command[0]}' is not installed, or not on the path (docs/deploy.md)")
    return subprocess.run(
        [program, *command[1:]],
        env=os.environ | UNLOGGED,
        capture_output=True,
        text=True,
        check=False,
    )


def az(*arguments: str) -> Any:
    """What an `az` command answers. Raises HookError with what it says."""
    done = run("az", *arguments, "--output", "json")
    if done.returncode != 0:
        raise HookError(f"az {' '.join(arguments[:3])} failed:\n{done.stderr.strip()}")
    return json.loads(done.stdout) if done.stdout.strip() else None


def remember(name: str, value: str) -> None:
    """Sets a value in azd's environment. Raises HookError."""
    done = run("azd", "env", "set", name, value)
    if done.returncode != 0:
        raise HookError(f"azd env set {name} failed:\n{done.stderr.strip()}")


def job_id() -> str:
    """The path of the Stream Analytics job in Azure's management API. Raises HookError."""
    return (
        f"/subscriptions/{needed('AZURE_SUBSCRIPTION_ID')}"
        f"/resourceGroups/{needed('AZURE_RESOURCE_GROUP')}"
        f"/providers/Microsoft.StreamAnalytics/streamingjobs/{needed('STREAM_ANALYTICS_JOB')}"
    )

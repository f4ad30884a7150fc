"""After provisioning: tables, views and users of the reporting database, and a Power BI file that finds it.

Every script may run again. It needs `sqlcmd` (github.com/microsoft/go-sqlcmd), which signs in as you.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from subprocess import CompletedProcess
from typing import Final

from infra.hooks.tools import ROOT, HookError, az, is_private, needed, run

SCRIPTS: Final = ("tables", "views", "access")
REFUSED: Final = re.compile(r"Client with IP address '([0-9.]+)' is not allowed")
RULE: Final = "while-provisioning"


def main() -> int:
    try:
        print(f"Power BI opens {write_connection()}")
        prepare()
    except HookError as error:
        print(error, file=sys.stderr)
        if not is_private():
            return 1
        print(
            "The database is in a private network: run 'python -m infra.hooks.prepare_reporting' from a "
            "machine within it."
        )
    return 0


def prepare() -> None:
    """Runs every script; opens the firewall for this machine's address meanwhile, where it must."""
    tried = sqlcmd("-Q", "SELECT 1")
    refused = REFUSED.search(tried.stdout + tried.stderr)
    with _let_in(refused[1]) if refused else nullcontext():
        _run_scripts()


def sqlcmd(*arguments: str) -> CompletedProcess[str]:
    """`sqlcmd` against the database: it stops at the first error, and waits while the database wakes."""
    database = ("-S", needed("SQL_SERVER"), "-d", needed("SQL_DATABASE"))
    sign_in = "--authentication-method=ActiveDirectoryDefault"
    return run("sqlcmd", *database, sign_in, "-b", "-l", "90", *arguments)


def _run_scripts() -> None:
    job = f"STREAM_ANALYTICS_JOB={needed('STREAM_ANALYTICS_JOB')}"
    for script in SCRIPTS:
        path = ROOT / f"infra/sql/{script}.sql"
        done = sqlcmd("-i", str(path), "-v", job)
        if done.returncode != 0:
            raise HookError(f"{path.name} failed:\n{done.stdout.strip()}\n{done.stderr.strip()}")
    print("The reporting database has its tables, views and users.")


@contextmanager
def _let_in(address: str) -> Iterator[None]:
    server = needed("SQL_SERVER").partition(".")[0]
    rule = ("--resource-group", needed("AZURE_RESOURCE_GROUP"), "--server", server, "--name", RULE)
    addresses = ("--start-ip-address", address, "--end-ip-address", address)
    az("sql", "server", "firewall-rule", "create", *rule, *addresses)
    try:
        yield
    finally:
        az("sql", "server", "firewall-rule", "delete", *rule)


def write_connection() -> Path:
    """A Power BI connection file of this environment, in azd's folder."""
    text = (ROOT / "infra/power-bi/sales.pbids").read_text()
    for name in ("SQL_SERVER", "SQL_DATABASE"):
        text = text.replace(f'"{name}"', f'"{needed(name)}"')
    path = ROOT / ".azure" / needed("AZURE_ENV_NAME") / "sales.pbids"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


if __name__ == "__main__":
    sys.exit(main())

"""After provisioning: the first version of the key-encryption key, where there is none.

A key that is there is never touched: a newer version is made by `python -m ops rotate-key`, which wraps
people's keys by it. The key goes to `az` in a file that only its owner can read, and is never shown. Who
provisions may write secrets only while this runs.
"""

import base64
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from infra.hooks.tools import HookError, az, is_private, needed

SECRET: Final = "event-encryption-key"
"""As privacy/key_vault.py names it."""
KEY_BYTES: Final = 32
OFFICER: Final = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"
"""Key Vault Secrets Officer (Azure built-in roles)."""

ATTEMPTS: Final = 40
PAUSE: Final = 15.0
"""Seconds between attempts: ten minutes in all, which a new role assignment may take to be in force."""


def main() -> int:
    try:
        print(prepare(time.sleep))
    except HookError as error:
        if not is_private():
            print(error, file=sys.stderr)
            return 1
        print(
            f"{error}\nThe vault is in a private network. Until it has the key, commands with personal data are "
            "answered 503: run 'python -m infra.hooks.first_key' from a machine within the network.",
            file=sys.stderr,
        )
    return 0


def prepare(sleep: Callable[[float], None]) -> str:
    """Makes the key unless it is there, and says which. Raises HookError."""
    try:
        return _made_unless_there()
    except HookError as error:
        if not _lacks_the_right(error):
            raise
    with _officer():
        return _when_in_force(_made_unless_there, sleep)


def _made_unless_there() -> str:
    if _is_there():
        return "The key-encryption key is there."
    with TemporaryDirectory() as folder:
        path = _written(Path(folder) / "key")
        az("keyvault", "secret", "set", *_secret(), "--file", str(path), "--query", "id")
    return f"The first version of '{SECRET}' is in the vault."


def _is_there() -> bool:
    """Whether there is any version; what is in them is not asked for."""
    try:
        return bool(az("keyvault", "secret", "list-versions", *_secret(), "--query", "[].id"))
    except HookError as error:
        if "SecretNotFound" in str(error):
            return False
        raise


def _written(path: Path) -> Path:
    """A new key in a file, as privacy/key_vault.py reads it: base64, without a line's end."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(base64.b64encode(os.urandom(KEY_BYTES)))
    return path


def _when_in_force(attempt: Callable[[], str], sleep: Callable[[float], None]) -> str:
    """Tries until the new right is in force."""
    print("Azure takes some minutes until the right to write a secret is in force …", flush=True)
    for _ in range(ATTEMPTS - 1):
        try:
            return attempt()
        except HookError as error:
            if not _lacks_the_right(error):
                raise
        sleep(PAUSE)
    return attempt()


@contextmanager
def _officer() -> Iterator[None]:
    """Who provisions may read and write secrets of the vault, until the end."""
    who, kind = _signed_in()
    assignee = ("--assignee-object-id", who, "--assignee-principal-type", kind)
    scope = ("--role", OFFICER, "--scope", _vault_id())
    given = az("role", "assignment", "create", *assignee, *scope)
    try:
        yield
    finally:
        az("role", "assignment", "delete", "--ids", given["id"])


def _signed_in() -> tuple[str, str]:
    """Whom `az` signs in as: the object id, and the kind of principal. The token says both, also where
    the directory may not be asked."""
    token = az("account", "get-access-token", "--resource", "https://vault.azure.net")
    claims = token["accessToken"].split(".")[1]
    said: dict[str, Any] = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    return said["oid"], "ServicePrincipal" if said.get("idtyp") == "app" else "User"


def _lacks_the_right(error: HookError) -> bool:
    """Told from a vault that lets nobody in from here, which answers 403 too."""
    return "ForbiddenByRbac" in str(error) or "not authorized to perform action" in str(error)


def _secret() -> tuple[str, ...]:
    return ("--vault-name", needed("KEY_VAULT_NAME"), "--name", SECRET)


def _vault_id() -> str:
    return (
        f"/subscriptions/{needed('AZURE_SUBSCRIPTION_ID')}"
        f"/resourceGroups/{needed('AZURE_RESOURCE_GROUP')}"
        f"/providers/Microsoft.KeyVault/vaults/{needed('KEY_VAULT_NAME')}"
    )


if __name__ == "__main__":
    sys.exit(main())

"""Before provisioning: an app registration for callers' tokens, and who administers the reporting database.

What is set already stays. No secret is made: tokens are checked by their signature.
"""

import json
import sys
import uuid
from typing import Any, Final

from infra.hooks.tools import HookError, az, known, needed, remember

AZURE_CLI: Final = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
"""The well-known client id of `az`: people may ask for a token with it."""


def main() -> int:
    try:
        if not known("AUTH_CLIENT_ID"):
            remember("AUTH_CLIENT_ID", register(f"orders-{needed('AZURE_ENV_NAME')}"))
        if not (known("SQL_ADMINISTRATOR_NAME") and known("PUBLISHER_EMAIL")):
            _remember_who_deploys()
    except HookError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def register(name: str) -> str:
    """The client id of a new registration, or of the one of that name. Raises HookError."""
    # It lists whatever begins with the name.
    listed: list[dict[str, Any]] = az("ad", "app", "list", "--display-name", name)
    for found in listed:
        if found["displayName"] == name:
            return str(found["appId"])
    made = az("ad", "app", "create", "--display-name", name, "--sign-in-audience", "AzureADMyOrg")
    client_id, scope = str(made["appId"]), str(uuid.uuid4())
    # Two steps: a client can be authorized for a scope only once the scope is there.
    _patch(made["id"], registration(client_id, scope))
    _patch(made["id"], {"api": {"preAuthorizedApplications": [authorized(scope)]}})
    az("ad", "sp", "create", "--id", client_id)
    print(f"Registered '{name}' ({client_id}) for callers' tokens.")
    return client_id


def registration(client_id: str, scope: str) -> dict[str, Any]:
    """Tokens of version 2.0, whose issuer the app expects, with one scope for people."""
    about = "Use the order system as yourself"
    return {
        "identifierUris": [f"api://{client_id}"],
        "api": {
            "requestedAccessTokenVersion": 2,
            "oauth2PermissionScopes": [
                {
                    "id": scope,
                    "value": "user_impersonation",
                    "type": "User",
                    "isEnabled": True,
                    "adminConsentDisplayName": about,
                    "adminConsentDescription": about,
                }
            ],
        },
    }


def authorized(scope: str) -> dict[str, Any]:
    return {"appId": AZURE_CLI, "delegatedPermissionIds": [scope]}


def _patch(object_id: str, body: dict[str, Any]) -> None:
    url = f"https://graph.microsoft.com/v1.0/applications/{object_id}"
    content = "Content-Type=application/json"
    az("rest", "--method", "patch", "--url", url, "--headers", content, "--body", json.dumps(body))


def _remember_who_deploys() -> None:
    try:
        person = az("ad", "signed-in-user", "show")
    except HookError as error:
        raise HookError(
            f"{error}\nNobody is signed in, as in a pipeline: set SQL_ADMINISTRATOR_NAME, "
            "SQL_ADMINISTRATOR_ID, SQL_ADMINISTRATOR_TYPE and PUBLISHER_EMAIL with 'azd env set'"
        ) from error
    if not known("SQL_ADMINISTRATOR_NAME"):
        remember("SQL_ADMINISTRATOR_NAME", person["userPrincipalName"])
    if not known("PUBLISHER_EMAIL"):
        remember("PUBLISHER_EMAIL", person.get("mail") or person["userPrincipalName"])


if __name__ == "__main__":
    sys.exit(main())

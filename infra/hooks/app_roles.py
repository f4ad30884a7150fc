"""After provisioning: the roles that callers can have (functions/principal.py), and who has them.

The registration gets the roles that it lacks and keeps all else. As long as nobody has any of them, who
provisions gets those of WHO_PROVISIONS: the first example of docs/deploy.md works then. By hand,
`python -m infra.hooks.app_roles give ROLE OBJECT-ID` gives a role to a person, a group or an application.
"""

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from infra.hooks.tools import HookError, az, needed

GRAPH: Final = "https://graph.microsoft.com/v1.0"

ROLES: Final = {
    "Orders.Manage": (
        "3a89b9b5-01aa-4d98-9445-7524ce2e38bd",
        "Place, ship, deliver and cancel orders; receive stock",
    ),
    "Orders.Read": (
        "f7dd6698-b50d-4905-bac1-bd0ee370dd07",
        "Read orders, products and reports; personal data is masked",
    ),
    "PersonalData.Read": (
        "ee289415-282e-4737-bb01-a0aabd18ef23",
        "See personal data in histories",
    ),
    "Operations": (
        "2ea7606c-a388-4fec-b56e-e2725d0b6682",
        "Rebuild, replay, archive and erase; read the access log",
    ),
}
"""The id of each role, the same in every registration that is made here, and what it allows."""
WHO_PROVISIONS: Final = ("Orders.Manage", "Orders.Read", "Operations")
"""Personal data is for whom somebody chooses."""

ATTEMPTS: Final = 6
PAUSE: Final = 10.0
"""Seconds until the directory has passed a new role on."""


@dataclass(frozen=True)
class Service:
    """The registration's service principal, on which roles are assigned; ids of its roles by name."""

    id: str
    roles: dict[str, str]


def main(arguments: list[str]) -> int:
    try:
        client_id = needed("AUTH_CLIENT_ID")
        match arguments:
            case []:
                _prepare(client_id)
            case ["give", role, principal]:
                give(service(client_id), role, principal)
            case _:
                raise HookError("expected nothing, or 'give ROLE OBJECT-ID'")
    except HookError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _prepare(client_id: str) -> None:
    """Who provisions may not be allowed to do this: the environment is whole all the same."""
    try:
        define(client_id)
        give_to_who_provisions(service(client_id))
    except HookError as error:
        print(
            f"{error}\nThe roles of callers are not prepared: callers without one get 403. Ask somebody who "
            f"administers the application '{client_id}' in Microsoft Entra ID to run "
            "'python -m infra.hooks.app_roles' (docs/deploy.md, \"Who may call\").",
            file=sys.stderr,
        )


def define(client_id: str) -> None:
    """Adds the roles that a registration lacks. Raises HookError."""
    application = az("ad", "app", "show", "--id", client_id)
    there: list[dict[str, Any]] = application["appRoles"]
    missing = sorted(ROLES.keys() - {role["value"] for role in there})
    if missing:
        roles = [*there, *map(definition, missing)]
        _rest("patch", f"{GRAPH}/applications/{application['id']}", {"appRoles": roles})
        print(f"The application {client_id} has the roles {', '.join(missing)} now.")


def definition(role: str) -> dict[str, Any]:
    """A role as Microsoft Graph has it (`appRole`)."""
    id_, about = ROLES[role]
    return {
        "id": id_,
        "value": role,
        "displayName": role,
        "description": about,
        "allowedMemberTypes": ["User", "Application"],
        "isEnabled": True,
    }


def service(client_id: str) -> Service:
    """Makes the service principal where there is none. Raises HookError."""
    roles: list[dict[str, Any]] = az("ad", "app", "show", "--id", client_id)["appRoles"]
    found: list[dict[str, Any]] = az("ad", "sp", "list", "--filter", f"appId eq '{client_id}'")
    principal = found[0] if found else az("ad", "sp", "create", "--id", client_id)
    return Service(str(principal["id"]), {role["value"]: role["id"] for role in roles})


def give_to_who_provisions(service: Service) -> None:
    """Only as long as nobody has a role: what was taken away is not given back. Raises HookError."""
    given = {role for _, role in _assignments(service)}
    if given & {service.roles[role] for role in ROLES}:
        return
    try:
        person = az("ad", "signed-in-user", "show")
    except HookError:
        print(
            "Nobody has a role yet, and no person is signed in: callers get 403 until somebody gives "
            'them one (docs/deploy.md, "Who may call").'
        )
        return
    for role in WHO_PROVISIONS:
        give(service, role, person["id"])


def give(service: Service, role: str, principal: str) -> None:
    """Gives a role to a person, a group or an application, by object id. Raises HookError."""
    if role not in service.roles:
        known = ", ".join(sorted(service.roles)) or "none: run this without arguments first"
        raise HookError(f"there is no role '{role}': the registration has {known}")
    id_ = service.roles[role]
    if (principal, id_) not in _assignments(service):
        body = {"principalId": principal, "resourceId": service.id, "appRoleId": id_}
        _patiently("post", f"{GRAPH}/servicePrincipals/{service.id}/appRoleAssignedTo", body)
    print(f"{principal} has the role {role}.")


def _assignments(service: Service) -> Iterator[tuple[str, str]]:
    """Who has which role, by their ids."""
    url: str | None = f"{GRAPH}/servicePrincipals/{service.id}/appRoleAssignedTo"
    while url:
        page = az("rest", "--method", "get", "--url", url)
        yield from ((each["principalId"], each["appRoleId"]) for each in page["value"])
        url = page.get("@odata.nextLink")


def _patiently(method: str, url: str, body: dict[str, Any]) -> None:
    """A new role takes a moment to get around in the directory."""
    for _ in range(ATTEMPTS - 1):
        try:
            _rest(method, url, body)
        except HookError as error:
            if "was not found" not in str(error):
                raise
            time.sleep(PAUSE)
        else:
            return
    _rest(method, url, body)


def _rest(method: str, url: str, body: dict[str, Any]) -> None:
    content = "Content-Type=application/json"
    az("rest", "--method", method, "--url", url, "--headers", content, "--body", json.dumps(body))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

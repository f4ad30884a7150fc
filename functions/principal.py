"""Who calls, and what they may: believed only where the platform authenticates callers.

There the front end replaces X-MS-CLIENT-PRINCIPAL and X-MS-CLIENT-PRINCIPAL-ID (Azure App Service, "Work with
user identities") and appends the address that it saw to X-Forwarded-For. Elsewhere these headers are
anybody's to forge, and the host's keys say who may call.

AccessDenied
├── Unauthorized   nobody is signed in
└── Forbidden      who is signed in lacks the role
"""

import base64
from collections.abc import Mapping
from typing import Final, Literal

import azure.functions as func
import msgspec

from functions.requests import header
from settings import Settings

type Role = Literal["Orders.Manage", "Orders.Read", "PersonalData.Read", "Operations"]
"""App roles, as they are assigned to people and applications in Microsoft Entra ID."""

type Level = Literal["anyone", "reader", "manager", "operator"]
"""Who may call a function."""

NEEDED: Final[Mapping[Level, Role | None]] = {
    "anyone": None,
    "reader": "Orders.Read",
    "manager": "Orders.Manage",
    "operator": "Operations",
}
EVERY_ROLE: Final[frozenset[str]] = frozenset(
    ("Orders.Manage", "Orders.Read", "PersonalData.Read", "Operations")
)


class AccessDenied(Exception):
    """A call that its caller may not make. Nothing was done."""


class Unauthorized(AccessDenied):
    """Nobody is signed in."""

    def __init__(self) -> None:
        super().__init__("Sign in to call this.")


class Forbidden(AccessDenied):
    """Who is signed in lacks the role."""

    def __init__(self, role: Role) -> None:
        super().__init__(f"This needs the role '{role}'.")


class Principal(msgspec.Struct, frozen=True):
    """The caller as far as the platform vouches for it: user and address are None where it does not."""

    user_id: str | None = None
    ip_address: str | None = None
    roles: frozenset[str] = EVERY_ROLE

    @property
    def sees_personal_data(self) -> bool:
        return "PersonalData.Read" in self.roles


def principal(request: func.HttpRequest, settings: Settings) -> Principal:
    """The caller of a request. With keys, whoever has the right one may do everything."""
    if settings.http_auth != "platform":
        return Principal()
    return Principal(
        header(request, "x-ms-client-principal-id"),
        _address(header(request, "x-forwarded-for") or "", settings.trusted_proxies),
        _roles(header(request, "x-ms-client-principal") or ""),
    )


def authorize(caller: Principal, level: Level, settings: Settings) -> None:
    """Raises Unauthorized or Forbidden where a caller may not make a call."""
    role = NEEDED[level]
    if role is None:
        return
    if settings.http_auth == "platform" and caller.user_id is None:
        raise Unauthorized
    if role not in caller.roles:
        raise Forbidden(role)


class _Claim(msgspec.Struct, frozen=True):
    typ: str = ""
    val: str = ""


class _Claims(msgspec.Struct, frozen=True):
    claims: list[_Claim] = []
    role_typ: str = "roles"


def _roles(encoded: str) -> frozenset[str]:
    """The roles in the platform's claims; none where these cannot be read."""
    try:
        text = base64.b64decode(encoded)
        said = msgspec.json.decode(text, type=_Claims)
    except (ValueError, msgspec.DecodeError):
        return frozenset()
    kinds = {"roles", said.role_typ}
    return frozenset(claim.val for claim in said.claims if claim.typ in kinds)


def _address(forwarded: str, trusted_proxies: int) -> str | None:
    """The address in front of the proxies that are ours, without its port.

    `203.0.113.7:4711`, `[2001:db8::1]:4711`, or either without.
    """
    seen = [part.strip() for part in forwarded.split(",")]
    if len(seen) <= trusted_proxies:
        return None
    address = seen[-1 - trusted_proxies]
    if address.startswith("["):
        return address[1:].partition("]")[0] or None
    return (address.partition(":")[0] if address.count(":") == 1 else address) or None

"""Who calls: the platform's authenticated principal, believed only where platform authentication is on."""

import azure.functions as func
import msgspec

from functions.requests import header
from settings import HttpAuth


class Principal(msgspec.Struct, frozen=True):
    """The caller as far as the platform vouches for it; both are None where it does not."""

    user_id: str | None = None
    ip_address: str | None = None


def principal(request: func.HttpRequest, http_auth: HttpAuth) -> Principal:
    """The caller of a request.

    The platform's front end replaces X-MS-CLIENT-PRINCIPAL-ID and appends the caller's address to
    X-Forwarded-For; without it, both are anybody's to forge.
    """
    if http_auth != "platform":
        return Principal()
    forwarded = (header(request, "x-forwarded-for") or "").rpartition(",")[2].strip()
    return Principal(header(request, "x-ms-client-principal-id"), _address(forwarded) or None)


def _address(forwarded: str) -> str:
    """An address without its port: `203.0.113.7:4711`, `[2001:db8::1]:4711`, or either without."""
    if forwarded.startswith("["):
        return forwarded[1:].partition("]")[0]
    return forwarded.partition(":")[0] if forwarded.count(":") == 1 else forwarded

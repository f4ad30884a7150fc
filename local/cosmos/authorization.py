"""The master-key signature of a request ("Access control in the Azure Cosmos DB SQL API")."""

import hmac
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import unquote

from local.cosmos.errors import ServiceError
from local.cosmos.wire import Request

_CLOCK_SKEW_SECONDS: Final = 15 * 60
_RESOURCE_TYPES: Final = {"operations": "colls"}


def verify(request: Request, key: str, container_rid: str | None, now: float) -> None:
    """Raise 401 unless the request is signed with the key, 403 when its date is too far off.

    The signed link is by name with its case kept, or the resource id in lower case; for pkranges the
    .NET SDK signs the container's resource id even when the path is by name.
    """
    date = request.header("x-ms-date") or ""
    given = _signature(request.header("authorization"))
    resource_type, links = _signed_resource(request.segments, container_rid)
    if not any(
        hmac.compare_digest(given, sign(key, request.method, resource_type, link, date))
        for link in links
    ):
        raise _unauthorized(request.method, resource_type, date)
    _check_date(date, now)


def sign(key: str, method: str, resource_type: str, link: str, date: str) -> str:
    """The base64 HMAC-SHA256 over verb, type, link and date."""
    text = f"{method.lower()}\n{resource_type.lower()}\n{link}\n{date.lower()}\n\n"
    try:
        secret = b64decode(key, validate=True)
    except Base64Error:
        raise ValueError("The account key must be base64.") from None
    return b64encode(hmac.digest(secret, text.encode(), "sha256")).decode()


def _signature(header: str | None) -> str:
    if header is None:
        raise ServiceError(401, "Required Header authorization is missing. Ensure a valid token.")
    parts = dict(part.partition("=")[::2] for part in unquote(header).split("&"))
    if parts.get("type") != "master" or parts.get("ver") != "1.0":
        raise ServiceError(401, "The authorization header must be a master key token, version 1.0.")
    return parts.get("sig", "").strip()


def _signed_resource(
    segments: tuple[str, ...], container_rid: str | None
) -> tuple[str, Iterable[str]]:
    if segments[4:5] == ("operations",):
        segments = segments[:5]
    if not segments:
        return "", ("",)
    by_type = len(segments) % 2 == 1
    kind = segments[-1] if by_type else segments[-2]
    owner = segments[:-1] if by_type else segments
    links = {"/".join(owner), owner[-1].lower() if owner else ""}
    if kind == "pkranges" and container_rid is not None:
        links.add(container_rid.lower())
    return _RESOURCE_TYPES.get(kind, kind), links


def _unauthorized(method: str, resource_type: str, date: str) -> ServiceError:
    return ServiceError(
        401,
        "The input authorization token can't serve the request. Please check that the expected "
        "payload is built as per the protocol, and check the key being used. Server used the "
        f"following payload to sign: '{method.lower()}\n{resource_type}\n…\n{date.lower()}\n\n'",
    )


def _check_date(date: str, now: float) -> None:
    try:
        distance = abs(parsedate_to_datetime(date).timestamp() - now)
    except ValueError:
        raise ServiceError(
            401, f"The header x-ms-date must be an HTTP date, not '{date}'."
        ) from None
    if distance > _CLOCK_SKEW_SECONDS:
        raise ServiceError(403, "The authorization token is not valid at the current time.")

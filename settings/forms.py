"""What a well-formed setting looks like: connection strings, addresses, secrets, numbers."""

import base64
import re
from typing import Final
from urllib.parse import urlsplit

SECRET_FORM: Final = "'whsec_' and Base64 of 24 to 64 random bytes"


def whole(text: str) -> int | None:
    """A whole number, in no more digits than any setting needs."""
    return int(text) if re.fullmatch("[0-9]{1,15}", text) else None


def names_in(connection_string: str) -> set[str]:
    """The names of a connection string's parts that have a value."""
    parts = connection_string.split(";")
    return {part.partition("=")[0].strip() for part in parts if part.partition("=")[2]}


def cosmos(connection_string: str) -> bool:
    return {"AccountEndpoint", "AccountKey"} <= names_in(connection_string)


def event_hub(connection_string: str) -> bool:
    fields = names_in(connection_string)
    return {"Endpoint", "SharedAccessKeyName", "SharedAccessKey"} <= fields


def table_storage(connection_string: str) -> bool:
    fields = names_in(connection_string)
    keyed = {"AccountName", "AccountKey"} <= fields
    signed = {"TableEndpoint", "SharedAccessSignature"} <= fields
    return keyed or signed or connection_string == "UseDevelopmentStorage=true"


def insights(connection_string: str) -> bool:
    return "InstrumentationKey" in names_in(connection_string)


def endpoint(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("https", "http") and bool(parts.hostname)


def service(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    if parts.scheme == "file":
        return bool(parts.path)
    return parts.scheme == "https" and bool(parts.hostname)


def storage(connection_string: str) -> bool:
    fields = names_in(connection_string)
    return bool({"AccountName", "BlobEndpoint"} & fields) and bool(
        {"AccountKey", "SharedAccessSignature"} & fields
    )


def blob_service(address: str) -> bool:
    """The service's address, or the `file:` URL of a folder that stands for it in development."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return bool(parts.path if parts.scheme == "file" else endpoint(address))


def secret(text: str) -> bytes | None:
    """The bytes of a signing secret, where it is one."""
    try:
        secret = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except ValueError:
        return None
    return secret if text.startswith("whsec_") and 24 <= len(secret) <= 64 else None


def namespace(address: str) -> bool:
    return "." in address and "/" not in address and ":" not in address

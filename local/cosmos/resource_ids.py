"""Resource ids (`_rid`): bytes that nest, database in container in document.

A database is 4 bytes; a container those and 4 more, big-endian with the top bit set; a document the
container's 8 and 8 more, whose last byte has no high nibble. The .NET SDK parses them.
"""

from base64 import b64decode, b64encode
from typing import Final

_CONTAINER_BIT: Final = 1 << 31


def database_rid(number: int) -> str:
    return _encode(number.to_bytes(4, "big"))


def container_rid(database: str, number: int) -> str:
    return _encode(_decode(database) + (number | _CONTAINER_BIT).to_bytes(4, "big"))


def document_rid(container: str, lsn: int, position: int) -> str:
    """Unique by the transaction that created the document and its place there (under 128)."""
    return _encode(_decode(container) + (lsn << 7 | position).to_bytes(8, "little"))


def offer_rid(number: int) -> str:
    return _encode(number.to_bytes(3, "big"))


def _encode(raw: bytes) -> str:
    return b64encode(raw).decode().replace("/", "-")


def _decode(text: str) -> bytes:
    return b64decode(text.replace("-", "/"))

"""The hash chain: every event names the hash of the one before it, so that history cannot be altered unseen."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

from event_store.canonical import canonical_json

COSMOS_FIELDS: Final = frozenset({"_rid", "_self", "_etag", "_attachments", "_ts", "_lsn"})


def stored_fields(document: Mapping[str, Any]) -> dict[str, Any]:
    """A stored event without the fields that Cosmos DB adds."""
    return {name: value for name, value in document.items() if name not in COSMOS_FIELDS}


def digest(document: Mapping[str, Any]) -> str:
    """SHA-256 in hex over the canonical JSON of a stored event without its own `hash`."""
    fields = stored_fields(document)
    fields.pop("hash", None)
    return hashlib.sha256(canonical_json(fields)).hexdigest()


def is_intact(document: Mapping[str, Any]) -> bool:
    """Whether a stored event is what was hashed when it was appended."""
    return document.get("hash") == digest(document)


def is_intact_body(body: bytes, hash_: object) -> bool:
    """The same of an event that is canonical JSON already, its own hash in it.

    Without the hash itself that is what was hashed. Names of the envelope stand behind `hash`, so that a
    comma follows it.
    """
    hashed = body.replace(f'"hash":"{hash_}",'.encode(), b"", 1)
    return bool(hashlib.sha256(hashed).hexdigest() == hash_)


def chained(documents: Iterable[Mapping[str, Any]], previous: str | None) -> list[dict[str, Any]]:
    """Documents of one stream, each with its own hash and that of the one before."""
    links: list[dict[str, Any]] = []
    for document in documents:
        link = {**document, "previousHash": previous}
        link["hash"] = previous = digest(link)
        links.append(link)
    return links

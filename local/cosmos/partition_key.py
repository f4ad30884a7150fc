"""Partition keys: their definition, their values on the wire and in documents, their hash."""

import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from local.cosmos.errors import PARTITION_KEY_MISMATCH, bad_request
from local.cosmos.murmurhash import murmurhash3_128
from local.cosmos.paths import Path, parse_path, value_at
from local.cosmos.sql import UNDEFINED
from local.cosmos.wire import decode_json, encode_json

MAX_LEVELS: Final = 3
_ABSENT: Final[dict[str, Any]] = {}
"""How a missing component is written on the wire: `[{}]`."""


@dataclass(frozen=True)
class KeyRange:
    """A range of effective partition keys, hexadecimal text, the end exclusive."""

    start: str
    end: str


FULL_RANGE: Final = KeyRange("", "FF")


@dataclass(frozen=True)
class PartitionKey:
    """The value of a partition key: canonical JSON of its components, and its hash."""

    text: str
    hash: str

    @property
    def prefix_range(self) -> KeyRange:
        """The hashes of all keys that begin with these components."""
        return KeyRange(self.hash, self.hash + "FF")


@dataclass(frozen=True)
class PartitionKeyDefinition:
    """The partition key of a container: one path, or up to three of a hierarchical key."""

    paths: tuple[Path, ...]

    def of_document(self, document: dict[str, Any]) -> PartitionKey:
        """The key of a document; raises 400 when a component is an array or an object."""
        values = (value_at(document, path) for path in self.paths)
        return partition_key([_ABSENT if value is UNDEFINED else value for value in values])

    def from_header(self, text: str | None) -> PartitionKey:
        """The whole key that a header gives; raises 400 when it is missing or partial."""
        key = None if text is None else self.prefix_from_header(text)
        if key is None or key[1]:
            raise bad_request(
                "The partition key supplied in x-ms-partitionkey header has fewer components than "
                "defined in the the collection.",
                PARTITION_KEY_MISMATCH,
            )
        return key[0]

    def prefix_from_header(self, text: str) -> tuple[PartitionKey, bool]:
        """The key that a header gives, and whether it is only a prefix of a hierarchical one."""
        components = decode_json(text.encode())
        if not isinstance(components, list) or len(components) > len(self.paths):
            raise bad_request(
                f"Partition key {text} is invalid, it must be an array of {len(self.paths)}.",
                PARTITION_KEY_MISMATCH,
            )
        return partition_key(components), len(components) < len(self.paths)


def partition_key(components: list[Any]) -> PartitionKey:
    """The key of JSON components; raises 400 when one is an array or a non-empty object."""
    if any(isinstance(value, list) or (isinstance(value, dict) and value) for value in components):
        raise bad_request(
            "A partition key component must be a string, a number, a boolean or null.",
            PARTITION_KEY_MISMATCH,
        )
    return _hashed(encode_json([_number(value) for value in components]).decode())


def _number(value: Any) -> Any:
    """1.0 and 1 are the same key: all numbers are doubles."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


@lru_cache(maxsize=65_536)
def _hashed(text: str) -> PartitionKey:
    components = decode_json(text.encode())
    return PartitionKey(text, "".join(map(effective_component, components)))


def effective_component(value: Any) -> str:
    """The hash of one component, version 2, as hexadecimal text of 32 characters.

    A key of several components is the concatenation of their hashes ("MultiHash").
    """
    low, high = murmurhash3_128(_hashed_bytes(value))
    digest = bytearray((high << 64 | low).to_bytes(16, "big"))
    digest[0] &= 0x3F
    return digest.hex().upper()


def _hashed_bytes(value: Any) -> bytes:
    match value:
        case dict():
            return b"\x00"
        case None:
            return b"\x01"
        case bool():
            return b"\x03" if value else b"\x02"
        case str():
            return b"\x08" + value.encode() + b"\xff"
        case _:
            return b"\x05" + struct.pack("<d", value)


def parse_definition(properties: dict[str, Any]) -> PartitionKeyDefinition:
    """The definition in a container's `partitionKey`; raises 400."""
    definition = properties.get("partitionKey")
    paths = definition.get("paths") if isinstance(definition, dict) else None
    if not isinstance(paths, list) or not 1 <= len(paths) <= MAX_LEVELS:
        raise bad_request("partitionKey.paths must be an array of one to three paths.")
    return PartitionKeyDefinition(tuple(parse_path(path) for path in paths))

"""A container as the server works with it: its properties, read once."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from local.cosmos.errors import bad_request
from local.cosmos.indexing import IndexingPolicy, parse_indexing_policy
from local.cosmos.partition_key import PartitionKeyDefinition, parse_definition
from local.cosmos.paths import Path, parse_path

MAX_UNIQUE_KEYS: Final = 10
MAX_UNIQUE_KEY_PATHS: Final = 16


@dataclass(frozen=True)
class Container:
    """One container; `properties` is its JSON as the service answers it."""

    number: int
    database: str
    name: str
    properties: dict[str, Any]

    @cached_property
    def rid(self) -> str:
        return str(self.properties["_rid"])

    @cached_property
    def key(self) -> PartitionKeyDefinition:
        return parse_definition(self.properties)

    @cached_property
    def unique_keys(self) -> tuple[tuple[Path, ...], ...]:
        """Per unique key the paths whose values together may exist once in a partition."""
        policy = self.properties.get("uniqueKeyPolicy") or {}
        return tuple(
            tuple(parse_path(path) for path in key["paths"]) for key in policy.get("uniqueKeys", ())
        )

    @cached_property
    def default_ttl(self) -> int | None:
        """Seconds, -1 for "only items that say so", None when nothing expires."""
        return self.properties.get("defaultTtl")

    @cached_property
    def indexing(self) -> IndexingPolicy:
        return parse_indexing_policy(self.properties["indexingPolicy"])


def validate(properties: dict[str, Any]) -> None:
    """Raise 400 when a container can't have these properties."""
    parse_definition(properties)
    _validate_ttl(properties.get("defaultTtl"))
    _validate_unique_keys(properties.get("uniqueKeyPolicy"))
    if (policy := properties.get("indexingPolicy")) is not None:
        parse_indexing_policy(policy)


def _validate_ttl(ttl: Any) -> None:
    if ttl is None:
        return
    if type(ttl) is not int or ttl == 0 or ttl < -1:
        raise bad_request(f"defaultTtl must be -1 or a positive number of seconds, not {ttl}.")


def _validate_unique_keys(policy: Any) -> None:
    if policy is None:
        return
    keys = policy.get("uniqueKeys", []) if isinstance(policy, dict) else None
    if not isinstance(keys, list) or len(keys) > MAX_UNIQUE_KEYS:
        raise bad_request(f"uniqueKeyPolicy.uniqueKeys must be at most {MAX_UNIQUE_KEYS} keys.")
    for key in keys:
        paths = key.get("paths") if isinstance(key, dict) else None
        if not isinstance(paths, list) or not 1 <= len(paths) <= MAX_UNIQUE_KEY_PATHS:
            raise bad_request(f"A unique key takes 1 to {MAX_UNIQUE_KEY_PATHS} paths.")
        for path in paths:
            parse_path(path)

"""Indexing policies: which paths are indexed, which orders a composite index serves."""

from dataclasses import dataclass
from typing import Any, Final

from local.cosmos.errors import bad_request
from local.cosmos.paths import Path, parse_path

DEFAULT_POLICY: Final[dict[str, Any]] = {
    "indexingMode": "consistent",
    "automatic": True,
    "includedPaths": [{"path": "/*"}],
    "excludedPaths": [{"path": '/"_etag"/?'}],
}
_ALWAYS_INDEXED: Final = frozenset({("id",), ("_ts",)})
_SCALAR: Final = "?"
_BELOW: Final = "*"

type Order = tuple[tuple[Path, bool], ...]
"""Paths of an ORDER BY, each with whether it descends."""


@dataclass(frozen=True)
class IndexingPolicy:
    """Paths as written, their last step `?` (this value) or `*` (everything below)."""

    included: tuple[Path, ...]
    excluded: tuple[Path, ...]
    composite: tuple[Order, ...]

    @property
    def explicit(self) -> tuple[Path, ...]:
        """The single values that are included by name."""
        return tuple(path[:-1] for path in self.included if path[-1] == _SCALAR)

    def indexes(self, path: Path) -> bool:
        """Whether a value is indexed: the more precise of the matching paths decides."""
        if path in _ALWAYS_INDEXED:
            return True
        return _precision(self.included, path) > _precision(self.excluded, path)

    def serves(self, order: Order) -> bool:
        """Whether a composite index has exactly these paths, all as given or all reversed."""
        reverse = tuple((path, not descending) for path, descending in order)
        return order in self.composite or reverse in self.composite


def _precision(patterns: tuple[Path, ...], path: Path) -> int:
    """How precise the best match is: 0 for none, longer before shorter, `?` before `*`."""
    best = 0
    for pattern in patterns:
        *steps, end = pattern
        exact = end == _SCALAR and tuple(steps) == path
        below = end == _BELOW and path[: len(steps)] == tuple(steps)
        if exact or below:
            best = max(best, 2 * len(steps) + 1 + exact)
    return best


def parse_indexing_policy(policy: Any) -> IndexingPolicy:
    """Read a policy; raises 400 when it is malformed."""
    if not isinstance(policy, dict):
        raise bad_request("indexingPolicy must be an object.")
    try:
        return IndexingPolicy(
            included=_paths(policy.get("includedPaths", DEFAULT_POLICY["includedPaths"])),
            excluded=_paths(policy.get("excludedPaths", ())),
            composite=tuple(_order(index) for index in policy.get("compositeIndexes", ())),
        )
    except (TypeError, KeyError, AttributeError) as error:
        raise bad_request(f"The indexing policy is malformed: {error!r}") from error


def _paths(entries: Any) -> tuple[Path, ...]:
    paths = tuple(parse_path(entry["path"]) for entry in entries)
    for path in paths:
        if path[-1] not in (_SCALAR, _BELOW):
            raise bad_request(f"The index path '/{'/'.join(path)}' must end in '/?' or '/*'.")
    return paths


def _order(index: Any) -> Order:
    if len(index) < 2:
        raise bad_request("A composite index takes at least two paths.")
    return tuple(
        (parse_path(entry["path"]), entry.get("order", "ascending").lower() == "descending")
        for entry in index
    )

"""What a deployment would make, as the committed snapshots have it."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import msgspec

from tests.rules.repository import ROOT

_REFERENCE: Final = re.compile(r"\[reference\('[^']*/([^'/]+)', '[^']+'(?:, 'full')?\)[.\w]*\]")


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """A resource with every expression evaluated but what only the running service knows."""

    id: str
    type: str
    name: str
    properties: dict[str, Any] = {}
    identity: dict[str, Any] = {}
    sku: dict[str, Any] = {}
    tags: dict[str, str] = {}


class Snapshot(msgspec.Struct, frozen=True, rename="camel"):
    predicted_resources: tuple[Resource, ...]
    diagnostics: tuple[Any, ...]
    outputs: dict[str, Any]


class Deployment:
    """The resources of one set of parameters."""

    def __init__(self, parameters: str) -> None:
        path = ROOT / f"infra/parameters/{parameters}.snapshot.json"
        self.text = path.read_text()
        self.snapshot = msgspec.json.decode(self.text, type=Snapshot)

    def all(self, type_: str) -> list[Resource]:
        return [found for found in self.snapshot.predicted_resources if found.type == type_]

    def one(self, type_: str, name_part: str = "") -> Resource:
        (found,) = (each for each in self.all(type_) if name_part in each.name)
        return found


@cache
def deployment(parameters: str) -> Deployment:
    return Deployment(parameters)


def named(expression: str) -> str:
    """The name of the resource that an expression like `[reference('…/id-app-x', '…').principalId]` asks."""
    found = _REFERENCE.fullmatch(expression)
    return found[1] if found else expression


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value in a document that holds no other, with its path."""
    match value:
        case dict():
            for name, inner in value.items():
                yield from leaves(inner, f"{path}/{name}")
        case list() | tuple():
            for index, inner in enumerate(value):
                yield from leaves(inner, f"{path}/{index}")
        case _:
            yield path, value

"""The documents as they are generated, for the tests of them."""

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from domain.registry import AGGREGATES
from functions.openapi.api_management import public_document
from functions.openapi.catalog import catalog
from functions.openapi.document import document
from projections.registry import PROJECTIONS


class Described(NamedTuple):
    """One operation of a document."""

    path: str
    method: str
    content: dict[str, Any]


@cache
def whole() -> dict[str, Any]:
    return document(catalog(AGGREGATES, PROJECTIONS), "1.2.3")


@cache
def public() -> dict[str, Any]:
    return public_document(catalog(AGGREGATES, PROJECTIONS), "1.2.3")


def operations(of: dict[str, Any]) -> dict[str, Described]:
    """By operationId. No id is there twice."""
    found = [
        Described(path, method, content)
        for path, methods in of["paths"].items()
        for method, content in methods.items()
    ]
    named = {operation.content["operationId"]: operation for operation in found}
    assert len(named) == len(found)
    return named


def resolved(of: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    """What a reference stands for."""
    while "$ref" in value:
        found: Any = of
        for step in value["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        value = found
    return value


def within(value: Any) -> Iterator[dict[str, Any]]:
    """Every object of a document."""
    match value:
        case dict():
            yield value
            for inner in value.values():
                yield from within(inner)
        case list():
            for inner in value:
                yield from within(inner)

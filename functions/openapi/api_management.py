"""openapi.public.json: the contract as API Management imports it, without what administrators may ask.

It is OpenAPI 3.0.3, although the import names 3.1 too: a 3.1 document is still read by 3.0's rules, and one
with null among its types, or other words of JSON Schema 2020-12, is refused (MicrosoftDocs/azure-docs issues
123982, 119506 and 105288). Parameters, headers and responses are written out, because of components only
schemas are read; bodies refer to schemas, because those written in place are not read; security is the
gateway's business ("API import restrictions and known issues").
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from functions import docs
from functions.openapi.document import Document, document
from functions.openapi.operation import Operation
from functions.openapi.schemas import PLACE

UNKNOWN: Final = ("propertyNames",)
"""What 3.0 has no word for: the schema says less, the application still refuses."""


def public_document(operations: Iterable[Operation], version: str) -> Document:
    whole = document(filter(_is_public, operations), version)
    components = whole["components"]
    paths = _translated(_inlined(whole["paths"], components))
    for operations_of_path in paths.values():
        for operation in operations_of_path.values():
            del operation["security"]
    schemas = {name: _translated(schema) for name, schema in components["schemas"].items()}
    return {
        "openapi": "3.0.3",
        "info": whole["info"],
        "tags": whole["tags"],
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _is_public(operation: Operation) -> bool:
    """Not for administrators, and not this document itself: the application serves that."""
    return operation.route.level != "operator" and operation.route not in (docs.DOCUMENT, docs.PAGE)


def _inlined(value: Any, components: dict[str, Any]) -> Any:
    """The same with every component but schemas written out where it is used."""
    match value:
        case {"$ref": str(ref)} if not ref.startswith(PLACE):
            kind, name = ref.split("/")[2:]
            return _inlined(components[kind][name], components)
        case dict():
            return {key: _inlined(inner, components) for key, inner in value.items()}
        case list():
            return [_inlined(inner, components) for inner in value]
        case _:
            return value


def _translated(value: Any) -> Any:
    """The same in the words of 3.0, where null is no type and `const` no word."""
    match value:
        case {"properties": dict(fields), **others}:
            properties = {name: _translated(field) for name, field in fields.items()}
            return {**_translated(others), "properties": properties}
        case {"anyOf": [*branches], **others} if {"type": "null"} in branches:
            return {**_nullable(branches), **_translated(others), "nullable": True}
        case {"const": constant, **others}:
            return {"enum": [constant], **_translated(others)}
        case dict():
            return {key: _translated(inner) for key, inner in _known(value)}
        case list():
            return [_translated(inner) for inner in value]
        case _:
            return value


def _nullable(branches: list[Any]) -> dict[str, Any]:
    """The alternatives beside null; `nullable` has no effect beside a reference (3.0.3, Reference Object)."""
    others = [_translated(branch) for branch in branches if branch != {"type": "null"}]
    if len(others) > 1:
        return {"anyOf": others}
    (only,) = others
    return {"allOf": [only]} if "$ref" in only else only


def _known(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in schema.items():
        if key not in UNKNOWN and (key, value) != ("default", None):
            yield key, value

"""Types as JSON Schema (2020-12, as OpenAPI 3.1 has it): one component per struct, references between them."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec import inspect

from domain.values import json_schema

PLACE: Final = "#/components/schemas/"

type Schema = dict[str, Any]


class Ambiguous(Exception):
    """Two shapes under one name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The name '{name}' stands for two schemas; rename one of the types.")


class Schemas:
    """The components that a document needs, gathered while it is written."""

    def __init__(self) -> None:
        self.components: dict[str, Schema] = {}

    def taken(self, kind: Any) -> Schema:
        """The schema of what a caller sends: null stands for a field that is left out."""
        schema, components = _described(kind)
        for name, component in components.items():
            self.add(name, component)
        return schema

    def given(self, kind: Any) -> Schema:
        """The schema of what a caller gets: every field that is written, as it is written."""
        schema, components = _described(kind)
        written = {struct.__name__: struct for struct in _structs(inspect.type_info(kind))}
        for name, component in components.items():
            self.add(name, _as_written(component, written[name]) if name in written else component)
        return schema

    def add(self, name: str, schema: Schema) -> Schema:
        """Keeps a component; the reference to it. Raises Ambiguous."""
        if self.components.setdefault(name, schema) != schema:
            raise Ambiguous(name)
        return {"$ref": PLACE + name}


def _described(kind: Any) -> tuple[Schema, dict[str, Schema]]:
    (schema,), components = msgspec.json.schema_components(
        [kind], schema_hook=json_schema, ref_template=PLACE + "{name}"
    )
    return _plain(schema), {name: _plain(component) for name, component in components.items()}


def _plain(schema: Any) -> Any:
    """The same, in the words of the wire: decimals are numbers there, and `$` is the end of the text."""
    match schema:
        case {"properties": dict(fields), **others}:
            properties = {name: _plain(field) for name, field in fields.items()}
            return {**_plain(others), "properties": properties}
        case {"type": "string", "format": "decimal"}:
            return {"type": "number"}
        case {"anyOf": [*branches], **others}:
            alternatives = _alternatives(branches)
            only = alternatives[0] if len(alternatives) == 1 else {"anyOf": alternatives}
            return {**only, **_plain(others)}
        case {"enum": [*values], **others} if all(isinstance(value, str) for value in values):
            return {"type": "string", "enum": values, **others}
        case {"pattern": str(pattern), **others}:
            return {"pattern": pattern.removesuffix(r"(?!\n)"), **_plain(others)}
        case dict():
            return {
                key: _plain(value) for key, value in schema.items() if _says_something(key, value)
            }
        case list():
            return [_plain(value) for value in schema]
        case _:
            return schema


def _says_something(key: str, value: Any) -> bool:
    """Titles repeat the component's name; a list of no required fields is none, and 3.0 forbids it."""
    return key != "title" and (key, value) != ("required", [])


def _alternatives(branches: list[Schema]) -> list[Schema]:
    """Alternatives within alternatives, flat; a number may be an integer anyway."""
    flat = [inner for branch in map(_plain, branches) for inner in branch.get("anyOf", [branch])]
    number = {"type": "number"} in flat
    return [branch for branch in flat if not (number and branch == {"type": "integer"})]


def _as_written(component: Schema, struct: type[msgspec.Struct]) -> Schema:
    """A struct as the encoder writes it: without its defaults, or with every field."""
    fields = msgspec.structs.fields(struct)
    if not struct.__struct_config__.omit_defaults:
        properties = {name: _bare(field) for name, field in component["properties"].items()}
        return component | {
            "properties": properties,
            "required": [field.encode_name for field in fields],
        }
    nullable = [field.encode_name for field in fields if field.default is None]
    properties = {
        name: _bare(_not_null(field) if name in nullable else field)
        for name, field in component["properties"].items()
    }
    return component | {"properties": properties}


def _bare(schema: Schema) -> Schema:
    return {key: value for key, value in schema.items() if key != "default"}


def _not_null(schema: Schema) -> Schema:
    branches = [branch for branch in schema["anyOf"] if branch != {"type": "null"}]
    others = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**branches[0], **others} if len(branches) == 1 else {"anyOf": branches, **others}


def _structs(info: inspect.Type) -> Iterator[type[msgspec.Struct]]:
    """The structs that a type is made of."""
    match info:
        case inspect.StructType(cls=cls, fields=fields):
            yield cls
            for field in fields:
                yield from _structs(field.type)
        case inspect.UnionType(types=types) | inspect.TupleType(item_types=types):
            for member in types:
                yield from _structs(member)
        case inspect.Metadata(type=inner):
            yield from _structs(inner)
        case inspect.CollectionType(item_type=item) | inspect.DictType(value_type=item):
            yield from _structs(item)
        case _:
            pass


def name_of(words: str) -> str:
    """A component's name: `invalid-request` and `ship_order` become `InvalidRequest` and `ShipOrder`."""
    return "".join(word.capitalize() for word in words.replace("-", "_").split("_"))

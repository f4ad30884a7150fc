"""A value for every type that can be described: small, valid, and telling where a name gives a hint."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from domain.values import ID_PATTERN, from_json, json_schema

NUMBER: Final = 12.5

type Schema = Mapping[str, Any]


def sample_of[S: msgspec.Struct](kind: type[S]) -> S:
    """A value of a type, its optional fields left out."""
    return msgspec.convert(sample_document(kind), kind, dec_hook=from_json)


def sample_document(kind: type[msgspec.Struct]) -> Any:
    """The same as the JSON document that a caller would send."""
    (schema,), definitions = msgspec.json.schema_components([kind], schema_hook=json_schema)
    return _sample(schema, definitions, "value")


def _sample(schema: Schema, definitions: Schema, name: str) -> Any:
    match schema:
        case {"$ref": str(ref)}:
            return _sample(definitions[ref.rpartition("/")[2]], definitions, name)
        case {"examples": [example, *_]} | {"enum": [example, *_]}:
            return example
        case {"anyOf": [first, *_]}:
            return _sample(first, definitions, name)
        case {"type": "object"}:
            return {
                field: _sample(schema["properties"][field], definitions, field)
                for field in schema.get("required", ())
            }
        case {"type": "array"}:
            return [_sample(schema["items"], definitions, name)] * schema.get("minItems", 0)
        case {"type": "string"}:
            return _text(schema, name)
        case {"type": "integer" | "number" as kind}:
            wanted = 1 if kind == "integer" else NUMBER
            bounded = min(wanted, schema.get("maximum", wanted))
            return max(bounded, schema.get("minimum", bounded))
        case {"type": "boolean"}:
            return True
        case _:
            return None


def _text(schema: Schema, name: str) -> str:
    """`customer-1` for a field `customerId`, `tracking number` for one `trackingNumber`."""
    if schema.get("pattern") == ID_PATTERN:
        return f"{name.removesuffix('Id')}-1"
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name)
    return words[: schema.get("maxLength", len(words))]

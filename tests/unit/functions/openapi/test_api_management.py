"""openapi.public.json: what API Management's import demands ("API import restrictions and known issues")."""

from typing import Any

import pytest
import schemathesis

from functions.openapi.api_management import _translated
from tests.unit.functions.openapi.documents import operations, public, resolved, whole, within

INLINE = 4 * 2**20
"""Bytes of a document that is imported inline, at most."""


def test_it_is_valid_in_the_version_that_the_import_reads() -> None:
    assert public()["openapi"] == "3.0.3"
    schemathesis.openapi.from_dict(public()).validate()


def test_it_has_all_but_what_administrators_may_ask_and_the_documents_themselves() -> None:
    left_out = {n for n, o in operations(whole()).items() if o.content["tags"] == ["operations"]}
    left_out |= {"get_openapi", "get_docs"}
    assert operations(public()).keys() == operations(whole()).keys() - left_out
    assert "operations" not in [tag["name"] for tag in public()["tags"]]
    assert "get_order" in operations(public())


def test_of_components_there_are_schemas_alone_and_all_else_is_written_out() -> None:
    assert public()["components"].keys() == {"schemas"}
    references = {found["$ref"] for found in within(public()) if "$ref" in found}
    names = public()["components"]["schemas"]
    assert references == {f"#/components/schemas/{name}" for name in names}


def test_every_body_is_a_reference() -> None:
    for operation in operations(public()).values():
        bodies = [
            operation.content.get("requestBody", {}),
            *operation.content["responses"].values(),
        ]
        for body in bodies:
            for content in body.get("content", {}).values():
                assert content["schema"].keys() == {"$ref"}


def test_no_schema_holds_itself() -> None:
    def follow(schema: Any, above: tuple[str, ...]) -> None:
        for found in within(schema):
            if reference := found.get("$ref"):
                assert reference not in above
                follow(resolved(public(), found), (*above, reference))

    for name, schema in public()["components"]["schemas"].items():
        follow(schema, (f"#/components/schemas/{name}",))


def test_names_are_unique_within_the_template_of_an_address() -> None:
    """Required parameters of the query become part of it; names differ by more than their case."""
    for operation in operations(public()).values():
        names = [
            parameter["name"].lower()
            for parameter in operation.content["parameters"]
            if parameter["in"] == "path" or (parameter["in"] == "query" and "required" in parameter)
        ]
        assert len(set(names)) == len(names)


def test_ids_and_titles_are_short_enough() -> None:
    """An id is cut at 76 characters, a title at 300."""
    for name, operation in operations(public()).items():
        assert len(name) <= 76
        assert 0 < len(operation.content["summary"]) <= 300


def test_nothing_is_there_that_the_import_ignores_or_refuses() -> None:
    ignored = {"security", "securitySchemes", "servers", "externalDocs", "callbacks", "links"}
    words_of_3_1 = {"const", "propertyNames", "examples", "exclusiveMinimum", "exclusiveMaximum"}
    for found in within(public()):
        assert not found.keys() & (ignored | words_of_3_1)
        assert found.get("type") != "null"
    assert len(str(public())) < INLINE


@pytest.mark.parametrize(
    ("schema", "translated"),
    [
        (
            {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
            {"type": "string", "nullable": True},
        ),
        (
            {"anyOf": [{"$ref": "#/components/schemas/A"}, {"type": "null"}]},
            {"allOf": [{"$ref": "#/components/schemas/A"}], "nullable": True},
        ),
        (
            {"anyOf": [{"type": "string"}, {"type": "object"}, {"type": "null"}]},
            {"anyOf": [{"type": "string"}, {"type": "object"}], "nullable": True},
        ),
        ({"type": "string", "const": "a"}, {"type": "string", "enum": ["a"]}),
        (
            {"type": "object", "properties": {"const": {"const": 1}}},
            {"type": "object", "properties": {"const": {"enum": [1]}}},
        ),
    ],
)
def test_a_schema_says_the_same_in_the_words_of_3_0(schema: Any, translated: Any) -> None:
    assert _translated(schema) == translated

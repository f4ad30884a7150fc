"""Types as schemas: what is read and what is written, in the words of the wire."""

from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
import pytest

from domain.values import Id, Price, to_json
from functions.openapi.schemas import Ambiguous, Schemas, name_of


class Inner(msgspec.Struct, rename="camel", omit_defaults=True):
    first_part: str
    second_part: str | None = None
    kind: Literal["a", "b"] | None = None
    both: str | list[int] | None = None


class Outer(msgspec.Struct):
    """It has all its fields."""

    title: str
    inner: Inner
    inners: dict[str, tuple[Inner, ...]]
    amount: int | Decimal
    note: str | None = None
    count: int = 0


def given(kind: type[msgspec.Struct]) -> dict[str, Any]:
    schemas = Schemas()
    assert schemas.given(kind) == {"$ref": f"#/components/schemas/{kind.__name__}"}
    return schemas.components


def test_what_is_written_in_full_is_required_in_full() -> None:
    outer = given(Outer)["Outer"]
    assert outer["description"] == "It has all its fields."
    assert outer["required"] == ["title", "inner", "inners", "amount", "note", "count"]
    assert outer["properties"]["note"] == {"anyOf": [{"type": "string"}, {"type": "null"}]}
    assert outer["properties"]["count"] == {"type": "integer"}
    assert outer["properties"]["title"] == {"type": "string"}


def test_what_is_left_out_when_it_is_null_is_never_null() -> None:
    """However deep within the type it lies."""
    inner = given(Outer)["Inner"]
    assert inner["required"] == ["firstPart"]
    assert inner["properties"]["secondPart"] == {"type": "string"}
    assert inner["properties"]["both"] == {
        "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "integer"}}]
    }


def test_what_is_read_may_be_null_where_it_may_be_left_out() -> None:
    schemas = Schemas()
    schemas.taken(Inner)
    second = schemas.components["Inner"]["properties"]["secondPart"]
    assert second == {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}


def test_a_decimal_is_a_number_as_the_encoder_writes_it() -> None:
    assert given(Outer)["Outer"]["properties"]["amount"] == {"type": "number"}
    encoder = msgspec.json.Encoder(enc_hook=to_json, decimal_format="number")
    assert encoder.encode(Decimal("1.5")) == b"1.5"


def test_an_id_matches_as_it_does_in_the_code_without_words_of_pythons() -> None:
    schema = Schemas().taken(Id)
    assert schema["pattern"] == "^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"


def test_money_has_its_limits() -> None:
    schema = Schemas().taken(Annotated[Price, "an annotation"])
    assert schema == {"type": "number", "minimum": 0, "maximum": 1000000, "multipleOf": 0.01}


def test_two_shapes_under_one_name_are_refused() -> None:
    schemas = Schemas()
    schemas.taken(Outer)
    with pytest.raises(Ambiguous, match="'Outer'"):
        schemas.given(msgspec.defstruct("Outer", [("other", int)]))


def test_a_name_is_made_of_its_words() -> None:
    assert (name_of("invalid-request"), name_of("ship_order")) == ("InvalidRequest", "ShipOrder")

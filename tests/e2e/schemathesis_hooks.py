"""Requests that Schemathesis 4.32 takes for valid and that are not, put right before they go out."""

from typing import Any

import schemathesis
from schemathesis.generation import GenerationMode


@schemathesis.hook
def before_call(context: Any, case: schemathesis.Case[Any], kwargs: dict[str, Any]) -> None:
    """Its coverage phase cannot write a text with quotes in a header: an empty one stands for none.

    A whole number with a decimal point is an integer for JSON Schema, and not for the application, which
    says so in the document's description.
    """
    if case.meta is not None and case.meta.generation.mode == GenerationMode.POSITIVE:
        if case.headers.get("If-Match") == "":
            del case.headers["If-Match"]
        case.body = _without_points(case.body)


def _without_points(value: Any) -> Any:
    match value:
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {key: _without_points(inner) for key, inner in value.items()}
        case list():
            return [_without_points(inner) for inner in value]
        case _:
            return value

"""What is wrong with a JSON document, every fault with its pointer (RFC 6901)."""

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NoReturn

import msgspec

from domain.values import json_schema

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

MOST: Final = 1000
"""Faults looked for: each costs tens of microseconds, and a body has room for a hundred thousand."""

BEYOND: Final = 10**21
"""Greater than every maximum, and well within what Decimal can take a remainder of."""


class Fault(msgspec.Struct, frozen=True):
    """One fault: where in the document, and what is expected there. It never repeats the value."""

    pointer: str
    detail: str


def faults_in(body: bytes, kind: type[msgspec.Struct]) -> list[Fault]:
    """Every fault of a body that should be JSON of a kind; none where the schema finds nothing wrong."""
    try:
        document = json.loads(body.decode(), parse_float=Decimal, parse_constant=_refuse_constant)
    except RecursionError:
        return [Fault("", "Expected JSON; this is nested too deeply.")]
    except json.JSONDecodeError as error:
        return [
            Fault("", f"Expected JSON; it stops being that at character {error.pos}: {error.msg}.")
        ]
    except (ValueError, ArithmeticError):
        return [Fault("", "Expected JSON in UTF-8, with finite numbers.")]
    faults = _explained(_validator(kind).iter_errors(document))
    return list(dict.fromkeys(islice(faults, MOST)))


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


@cache
def _validator(kind: type[msgspec.Struct]) -> "Validator":
    """Numbers are decimals here, on both sides: 0.1 is a multiple of 0.01."""
    from jsonschema import Draft202012Validator, validators

    exact: type[Validator] = validators.extend(  # type: ignore[no-untyped-call]  # bare in its stub
        Draft202012Validator, {"multipleOf": _multiple_of}
    )
    schema = msgspec.json.schema(kind, schema_hook=json_schema)
    return exact(json.loads(json.dumps(schema), parse_float=Decimal))


def _multiple_of(
    validator: "Validator", step: Decimal, number: Any, schema: object
) -> Iterator["ValidationError"]:
    """The keyword for numbers of every size: what is beyond breaks `maximum` or `minimum` anyway."""
    from jsonschema.exceptions import ValidationError

    if not validator.is_type(number, "number"):
        return
    if -BEYOND < number < BEYOND and number % step:
        yield ValidationError(f"not a multiple of {step}")


def _explained(errors: Iterable["ValidationError"]) -> Iterator[Fault]:
    for error in errors:
        schema: Any = error.schema
        limit: Any = error.validator_value
        instance: Any = error.instance
        match error.validator:
            case "anyOf":
                yield from _explained_choice(error)
            case "additionalProperties" if isinstance(instance, dict):
                for name in instance:
                    if name not in schema.get("properties", {}):
                        yield Fault(_pointer([*error.absolute_path, name]), "Unknown field.")
            case "required":
                for name in limit:
                    if name not in instance:
                        yield Fault(_pointer([*error.absolute_path, name]), "Missing field.")
            case _:
                yield Fault(_pointer(error.absolute_path), _expected(error))


def _explained_choice(error: "ValidationError") -> Iterator[Fault]:
    """The faults of the one branch that was meant, or what all of the branches expect."""
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.relative_schema_path[0], []).append(inner)
    meant = [
        branch
        for branch in branches.values()
        if not any(e.validator == "type" and not e.relative_path for e in branch)
    ]
    if len(meant) == 1:
        yield from _explained(meant[0])
    else:
        yield Fault(_pointer(error.absolute_path), f"Expected {' or '.join(_types(error.schema))}.")


def _types(schema: Any) -> list[str]:
    """The names of the types that a schema of alternatives accepts, null aside."""
    if "anyOf" in schema:
        return [name for branch in schema["anyOf"] for name in _types(branch)]
    name = schema.get("type", "object")
    return [] if name == "null" else [str(name)]


def _expected(error: "ValidationError") -> str:
    limit: Any = error.validator_value
    match error.validator:
        case "type":
            return f"Expected {limit}."
        case "enum" if len(limit) > 12:
            return f"Expected one of {len(limit)} known values, such as {limit[0]!r}."
        case "enum":
            return f"Expected one of {', '.join(map(repr, limit))}."
        case "minimum":
            return f"Expected at least {limit}."
        case "maximum":
            return f"Expected at most {limit}."
        case "multipleOf":
            return f"Expected a multiple of {limit}."
        case "minLength" | "minItems" | "maxLength" | "maxItems" as rule:
            bound = "at least" if rule.startswith("min") else "at most"
            unit = "characters" if rule.endswith("Length") else "items"
            return f"Expected {bound} {limit} {unit}."
        case "pattern":
            return f"Expected text that matches {limit}"
        case "propertyNames":
            return "Expected other names of its fields."
        case rule:
            return f"Expected it to hold '{rule}'."


def _pointer(path: Iterable[str | int]) -> str:
    """RFC 6901; half of a surrogate pair, which no JSON text can hold, is shown as its escape."""
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in path)
    return "".join(f"/{part}" for part in parts).encode(errors="backslashreplace").decode()

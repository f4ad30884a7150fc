"""Problem documents as schemas and responses: from the table that makes them."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from itertools import groupby
from operator import attrgetter
from typing import Annotated, Any, Final

import msgspec

from event_store.errors import StoreUnavailable
from functions.faults import Fault
from functions.openapi.operation import Operation
from functions.openapi.schemas import Schema, Schemas, name_of
from functions.problems import INTERNAL, MEDIA_TYPE, PROBLEMS, Problem
from functions.requests import BodyTooLarge, InvalidRequest, LengthRequired, UnsupportedMediaType

MEMBERS: Final[Mapping[str, Mapping[str, Any]]] = {
    "invalid-request": {"errors": list[Fault]},
    "rule-violation": {"code": str},
    "version-mismatch": {"currentVersion": Annotated[int, msgspec.Meta(ge=0)]},
}
"""What a problem has beyond the members that all have; the version of what does not exist is 0."""


BODY_REFUSALS: Final = (LengthRequired, BodyTooLarge, UnsupportedMediaType)
"""What can become of any body before it is read."""


def problems_of(operation: Operation) -> Iterable[tuple[int, list[Problem]]]:
    """By status, what an operation can answer when it does not succeed."""
    errors: list[type[Exception]] = [InvalidRequest, *operation.raises]
    if operation.body is not None:
        errors.extend(BODY_REFUSALS)
    if operation.route.level != "anyone":
        errors.append(StoreUnavailable)
    rows = dict.fromkeys([*(PROBLEMS[error] for error in errors), INTERNAL])
    by_status = attrgetter("status")
    for status, group in groupby(sorted(rows, key=by_status), by_status):
        yield status, list(group)


def schema_of(problem: Problem, schemas: Schemas, codes: tuple[str, ...], owner: str) -> Schema:
    """The component of a problem; an operation's own where it has codes of its own."""
    members = {name: schemas.given(kind) for name, kind in MEMBERS.get(problem.name, {}).items()}
    name = name_of(problem.name)
    if "code" in members and codes:
        members["code"] = {"type": "string", "enum": list(codes)}
        name = owner + name
    return schemas.add(name, _document(problem, members))


def _document(problem: Problem, members: Mapping[str, Schema]) -> Schema:
    text = {"type": "string"}
    properties = {
        "type": {"type": "string", "const": f"/problems/{problem.name}"},
        "title": {"type": "string", "const": problem.title},
        "status": {"type": "integer", "const": problem.status},
        "detail": text,
        "instance": text,
        "correlationId": text,
        **members,
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


def content_of(
    problems: list[Problem], schemas: Schemas, codes: tuple[str, ...], owner: str
) -> dict[str, Any]:
    """What a response carries: one problem, or one of several."""
    found = [schema_of(problem, schemas, codes, owner) for problem in problems]
    if len(found) > 1:
        phrase = HTTPStatus(problems[0].status).phrase
        found = [schemas.add(owner + phrase.replace(" ", ""), {"oneOf": found})]
    return {MEDIA_TYPE: {"schema": found[0]}}

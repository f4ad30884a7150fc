"""openapi.json: the contract as OpenAPI 3.1, from the operations of the catalog."""

from collections.abc import Iterable
from typing import Any, Final

from functions.openapi.operation import (
    ANSWERED_ID,
    CORRELATION_ID,
    PURPOSE,
    RETRY_AFTER,
    Answer,
    Header,
    Operation,
    Parameter,
)
from functions.openapi.problems import content_of, problems_of
from functions.openapi.samples import sample_document
from functions.openapi.schemas import Schema, Schemas, name_of
from functions.principal import NEEDED
from functions.problems import Problem

type Document = dict[str, Any]

TITLE: Final = "Orders, event-sourced"
DESCRIPTION: Final = (
    "Commands append events; queries answer from read models, or from the events themselves where they "
    "must be fresh. Errors are problem documents (RFC 9457). Every answer carries `X-Correlation-ID`. "
    "Whole numbers are written without a decimal point."
)
TAGS: Final = {
    "orders": "Orders: placed, shipped, delivered, or cancelled before they are shipped.",
    "products": "Stock: received, reserved for orders, released or shipped; never oversold.",
    "reports": "Sums over all orders.",
    "commands": "What became of a command.",
    "operations": "For administrators.",
    "about": "The application about itself.",
}
"""What to say of a tag; one that is not here is shown by its name."""

SECURITY_SCHEMES: Final = {
    "functionKey": {
        "type": "apiKey",
        "in": "header",
        "name": "x-functions-key",
        "description": "A function key; operations want the admin (master) key.",
    },
    "functionKeyInQuery": {
        "type": "apiKey",
        "in": "query",
        "name": "code",
        "description": "The same key as a parameter.",
    },
}
SECURED: Final[list[dict[str, list[str]]]] = [{name: []} for name in SECURITY_SCHEMES]
REFUSED_BY_HOST: Final = {
    "401": "The caller is not known. With keys the host's own answer, without a body.",
    "403": "The caller is known and not let in. With keys the host's own answer, without a body.",
}


def document(operations: Iterable[Operation], version: str) -> Document:
    """The whole document. Raises Ambiguous where two types share a name."""
    writer = _Writer()
    operations = tuple(operations)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        path = paths.setdefault(f"/{operation.route.path}", {})
        path[operation.route.method.lower()] = writer.operation(operation)
    used = dict.fromkeys(operation.tag for operation in operations)
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "description": DESCRIPTION, "version": version},
        "servers": [{"url": "/api"}],
        "tags": [{"name": tag, "description": TAGS.get(tag, tag.capitalize())} for tag in used],
        "paths": paths,
        "components": writer.components(),
    }


class _Writer:
    """Writes operations, and keeps what they share."""

    def __init__(self) -> None:
        self._schemas = Schemas()
        self._parameters: dict[str, Any] = {}
        self._headers: dict[str, Any] = {}
        self._responses: dict[str, Any] = {}

    def components(self) -> dict[str, Any]:
        return {
            "schemas": dict(sorted(self._schemas.components.items())),
            "parameters": dict(sorted(self._parameters.items())),
            "headers": dict(sorted(self._headers.items())),
            "responses": dict(sorted(self._responses.items())),
            "securitySchemes": SECURITY_SCHEMES,
        }

    def operation(self, operation: Operation) -> dict[str, Any]:
        written: dict[str, Any] = {
            "operationId": operation.route.name,
            "tags": [operation.tag],
            "summary": operation.summary,
        }
        if description := _description(operation):
            written["description"] = description
        parameters = (*operation.parameters, *_traced(operation), CORRELATION_ID)
        written["parameters"] = [self._parameter(parameter) for parameter in parameters]
        if operation.body is not None:
            written["requestBody"] = self._body(operation)
        written["responses"] = self._all_responses(operation)
        written["security"] = SECURED if operation.route.level != "anyone" else []
        return written

    def _parameter(self, parameter: Parameter) -> dict[str, Any]:
        """Headers are shared, others are written where they are used."""
        written: dict[str, Any] = {
            "name": parameter.name,
            "in": parameter.where,
            "description": parameter.description,
            "schema": self._schemas.taken(parameter.kind),
        }
        if parameter.required:
            written["required"] = True
        if parameter.example is not None:
            written["example"] = parameter.example
        if parameter.where != "header":
            return written
        return _shared(self._parameters, "parameters", parameter.name, written)

    def _body(self, operation: Operation) -> dict[str, Any]:
        assert operation.body is not None
        schema = self._schemas.taken(operation.body)
        content = {"schema": schema, "example": sample_document(operation.body)}
        return {"required": True, "content": {"application/json": content}}

    def _all_responses(self, operation: Operation) -> dict[str, Any]:
        responses = {
            str(status): self._answer(answer) for status, answer in operation.answers.items()
        }
        if operation.route.level != "anyone":
            responses |= {status: {"description": d} for status, d in REFUSED_BY_HOST.items()}
        for status, problems in problems_of(operation):
            if str(status) not in responses:
                responses[str(status)] = self._refusal(operation, problems)
        return dict(sorted(responses.items()))

    def _answer(self, answer: Answer) -> dict[str, Any]:
        written = self._response(answer.description, answer.headers)
        if answer.body is not None:
            written["content"] = {answer.media_type: {"schema": self._schemas.given(answer.body)}}
        elif answer.media_type != "application/json":
            written["content"] = {answer.media_type: {"schema": {"type": "string"}}}
        return written

    def _refusal(self, operation: Operation, problems: list[Problem]) -> dict[str, Any]:
        """A response of problems: shared, but for one that names an operation's own codes."""
        headers = (RETRY_AFTER,) if problems[0].status == 503 else ()
        written = self._response(" ".join(f"{problem.title}." for problem in problems), headers)
        owner = name_of(operation.route.name)
        written["content"] = content_of(problems, self._schemas, operation.codes, owner)
        own = operation.codes and problems[0].name == "rule-violation"
        if own or len(problems) > 1:
            return written
        return _shared(self._responses, "responses", name_of(problems[0].name), written)

    def _response(self, description: str, headers: tuple[Header, ...]) -> dict[str, Any]:
        return {
            "description": description,
            "headers": {
                header.name: _shared(self._headers, "headers", header.name, self._header(header))
                for header in (*headers, ANSWERED_ID)
            },
        }

    def _header(self, header: Header) -> dict[str, Any]:
        schema: Schema = self._schemas.given(header.kind)
        return {"description": header.description, "schema": schema}


def _description(operation: Operation) -> str:
    role = NEEDED[operation.route.level]
    needed = f"Where the platform authenticates callers it takes the role `{role}`." if role else ""
    return " ".join(filter(None, (operation.description, needed)))


def _traced(operation: Operation) -> tuple[Parameter, ...]:
    """What operators ask for goes on record, with its purpose."""
    return (PURPOSE,) if operation.route.level == "operator" else ()


def _shared(kept: dict[str, Any], kind: str, name: str, written: dict[str, Any]) -> dict[str, Any]:
    """Keeps a component; the reference to it."""
    key = name.replace("-", "")
    assert kept.setdefault(key, written) == written, f"two {kind} share the name {key}"
    return {"$ref": f"#/components/{kind}/{key}"}

"""What callers must know of a route: what it takes, what it answers, what it refuses."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import msgspec

from domain.values import Id
from functions.route import Route


class Parameter(msgspec.Struct, frozen=True):
    """What a request carries beside its body; `kind` is a type that msgspec can describe."""

    name: str
    kind: Any
    description: str
    where: Literal["path", "query", "header"] = "query"
    required: bool = False
    example: Any = None


class Header(msgspec.Struct, frozen=True):
    """What an answer carries beside its body."""

    name: str
    description: str
    kind: Any = str


class Answer(msgspec.Struct, frozen=True):
    """One status of an operation; `body` is a struct, or None where there is no body."""

    description: str
    body: type[msgspec.Struct] | None = None
    headers: tuple[Header, ...] = ()
    media_type: str = "application/json"


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation of the contract.

    `raises` are errors of the table in `functions/problems.py` beyond those of every operation; `codes`
    are those that a RuleViolation can carry, none where they are not known.
    """

    route: Route
    tag: str
    summary: str
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    body: type[msgspec.Struct] | None = None
    answers: Mapping[int, Answer]
    raises: tuple[type[Exception], ...] = ()
    codes: tuple[str, ...] = ()


def conditional(operation: Operation) -> Operation:
    """A GET as all are: what it finds has an entity tag, and who names that is answered 304."""
    if operation.route.method != "GET":
        return operation
    found = operation.answers[200]
    headers = (ETAG, *found.headers)
    return msgspec.structs.replace(
        operation,
        parameters=(*operation.parameters, IF_NONE_MATCH),
        answers={
            **operation.answers,
            200: msgspec.structs.replace(found, headers=headers),
            304: Answer("The caller has it already.", headers=headers),
        },
    )


def path_id(name: str) -> Parameter:
    """An aggregate's id in the path: `orderId`."""
    kind = name.removesuffix("Id")
    return Parameter(name, Id, f"The {kind}'s id.", "path", required=True, example=f"{kind}-1")


type Given = Annotated[str, msgspec.Meta(min_length=1)]
"""Any text, but not none: the host takes a parameter without a value for one that is absent."""

VISIBLE: Final = Annotated[str, msgspec.Meta(pattern="^[!-~]{1,128}$")]

CORRELATION_ID: Final = Parameter(
    "X-Correlation-ID",
    VISIBLE,
    "The caller's own id for what it is about; it comes back in every answer and stands in every event. "
    "One is made when absent.",
    "header",
    example="checkout-4711",
)
TRACEPARENT: Final = Parameter(
    "traceparent",
    str,
    "W3C Trace Context; a malformed one counts as none.",
    "header",
    example="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
)
IDEMPOTENCY_KEY: Final = Parameter(
    "Idempotency-Key",
    VISIBLE,
    "The command's id: a repeat with the same key and payload gets the first answer again. "
    "One is made when absent.",
    "header",
    example="checkout-4711-place",
)
IF_MATCH: Final = Parameter(
    "If-Match",
    Annotated[str, msgspec.Meta(pattern='^"[0-9]{1,12}"$')],
    "The version that the caller saw, in quotes; where it is another one, nothing is done.",
    "header",
    example='"1"',
)
IF_NONE_MATCH: Final = Parameter(
    "If-None-Match",
    str,
    "Entity tags of what the caller has; 304 when the current one is among them.",
    "header",
    example='"1"',
)

PURPOSE: Final = Parameter(
    "X-Purpose",
    Annotated[str, msgspec.Meta(pattern="^[ -~]{1,200}$")],
    "Why the caller asks; it goes on record in the access log.",
    "header",
    example="ticket 4711",
)

ANSWERED_ID: Final = Header(
    "X-Correlation-ID", "The request's, or one that was made for it.", VISIBLE
)
ETAG: Final = Header("ETag", "The entity tag of this answer; an aggregate's is its version.")
LOCATION: Final = Header("Location", "Where the subject of the answer is read.")
RETRY_AFTER: Final = Header("Retry-After", "Seconds to wait.", Annotated[int, msgspec.Meta(ge=1)])
REPLAYED: Final = Header(
    "Idempotent-Replayed",
    "Set where the command had been done before: this is the first answer again.",
    Literal["true"],
)
READ_SOURCE: Final = Header(
    "X-Read-Source", "Where the answer comes from.", Literal["read-model", "event-log"]
)

"""What a request says: its headers, its query and its body, every fault with its pointer.

RequestError
├── InvalidRequest         a missing, unknown or malformed field, header or parameter
├── LengthRequired         a chunked body, which the host hands over empty
├── BodyTooLarge           more than MAX_BODY_BYTES
└── UnsupportedMediaType   the body is not JSON by its content type
"""

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl, urlsplit

import azure.functions as func
import msgspec

from domain.values import ID_PATTERN, InvalidValue, from_json, is_id
from event_store.documents import timestamp
from functions.faults import Fault, faults_in

MAX_BODY_BYTES: Final = 256 * 1024
MAX_VERSION: Final = 999_999_999_999

type Version = Annotated[int, msgspec.Meta(ge=1, le=MAX_VERSION)]

_VISIBLE = re.compile(r"[\x21-\x7e]{1,128}")
_PURPOSE = re.compile(r"[\x20-\x7e]{1,200}")
_VERSION_TAG = re.compile(r'"(\d{1,12})"', re.ASCII)
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_RFC_3339 = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
_WHERE = re.compile(r"^(?P<detail>.*?)(?: - at `(?:key in )?\$(?P<path>.*)`)?$", re.DOTALL)


class RequestError(Exception):
    """A request that is not understood. Nothing was done."""


class InvalidRequest(RequestError):
    """A missing, unknown or malformed field, header or parameter; `faults` has every one."""

    def __init__(self, *faults: Fault) -> None:
        count = "one fault" if len(faults) == 1 else f"{len(faults)} faults"
        super().__init__(f"The request has {count}; see 'errors'.")
        self.faults = faults


class LengthRequired(RequestError):
    """The platform hands a chunked body over as an empty one (azure-functions-host)."""

    def __init__(self) -> None:
        super().__init__("Expected a body with a Content-Length; a chunked one cannot be read.")


class BodyTooLarge(RequestError):
    """The body is over the limit."""

    def __init__(self, size: int) -> None:
        super().__init__(f"The body has {size} bytes; at most {MAX_BODY_BYTES} are accepted.")


class UnsupportedMediaType(RequestError):
    """The content type is not JSON's."""

    def __init__(self) -> None:
        super().__init__("Expected 'Content-Type: application/json'.")


def header(request: func.HttpRequest, name: str) -> str | None:
    """A header by its name in lower case, as the worker hands them over."""
    value: str | None = request.headers.get(name)
    return value


def correlation_id(request: func.HttpRequest) -> str | None:
    """The caller's correlation id. Raises InvalidRequest."""
    value = header(request, "x-correlation-id")
    if value is None or _VISIBLE.fullmatch(value):
        return value
    raise InvalidRequest(Fault("/X-Correlation-ID", "Expected 1 to 128 visible ASCII characters."))


def idempotency_key(request: func.HttpRequest) -> str | None:
    """The caller's id for the command. Raises InvalidRequest."""
    value = header(request, "idempotency-key")
    if value is None or _VISIBLE.fullmatch(value):
        return value
    raise InvalidRequest(Fault("/Idempotency-Key", "Expected 1 to 128 visible ASCII characters."))


def expected_version(request: func.HttpRequest) -> int | None:
    """The version that the caller saw: If-Match with one strong entity tag. Raises InvalidRequest."""
    value = header(request, "if-match")
    if value is None:
        return None
    tag = _VERSION_TAG.fullmatch(value.strip())
    if tag is None:
        raise InvalidRequest(Fault("/If-Match", 'Expected a version in quotes, such as "3".'))
    return int(tag[1])


def purpose(request: func.HttpRequest) -> str | None:
    """What the caller reads for, in their own words. Raises InvalidRequest."""
    value = header(request, "x-purpose")
    if value is None or _PURPOSE.fullmatch(value):
        return value
    raise InvalidRequest(Fault("/X-Purpose", "Expected 1 to 200 printable ASCII characters."))


def traceparent(request: func.HttpRequest) -> str | None:
    """The caller's trace context; a malformed one counts as none (W3C Trace Context, 4.3)."""
    value = header(request, "traceparent")
    return value if value and _TRACEPARENT.fullmatch(value) else None


def path_id(request: func.HttpRequest, name: str) -> str:
    """An aggregate's id in the path. Raises InvalidRequest."""
    value: str = request.route_params[name]
    if not is_id(value):
        raise InvalidRequest(Fault(f"/{name}", f"Expected text that matches {ID_PATTERN}"))
    return value


def query(request: func.HttpRequest, *known: str) -> dict[str, str]:
    """The query's parameters. Raises InvalidRequest for any but the known, and for one without a value;
    `code` is the host's key."""
    given, empty = request.params, _empty_parameters(request)
    unknown = [name for name in (*given, *empty) if name not in (*known, "code")]
    faults = [Fault(f"/{name}", "Unknown parameter.") for name in dict.fromkeys(unknown)]
    faults += [Fault(f"/{name}", "Expected a value.") for name in known if name in empty]
    if faults:
        raise InvalidRequest(*faults)
    return {name: given[name] for name in known if name in given}


def _empty_parameters(request: func.HttpRequest) -> set[str]:
    """Parameters without a value: the host leaves them out of those that it hands over."""
    pairs = parse_qsl(urlsplit(request.url).query, keep_blank_values=True)
    return {name for name, value in pairs if not value}


def all_of(parts: Iterable[Callable[[], Any]]) -> list[Any]:
    """Every part of a request, read one by one. Raises InvalidRequest with the faults of all."""
    read: list[Any] = []
    faults: list[Fault] = []
    for part in parts:
        try:
            read.append(part())
        except InvalidRequest as error:
            faults += error.faults
    if faults:
        raise InvalidRequest(*faults)
    return read


def at_most_one(request: func.HttpRequest, *names: str) -> tuple[str, str] | None:
    """The one parameter of several that is given, with its value. Raises InvalidRequest."""
    given = list(query(request, *names).items())
    if len(given) > 1:
        known = ", ".join(names)
        faults = (Fault(f"/{name}", f"Expected at most one of {known}.") for name, _ in given)
        raise InvalidRequest(*faults)
    return given[0] if given else None


def moment(text: str, name: str) -> str:
    """A point in time in a parameter, in the form of an event's timestamp. Raises InvalidRequest."""
    if _RFC_3339.fullmatch(text):
        with suppress(ValueError, OverflowError):
            return timestamp(datetime.fromisoformat(text.upper()))
    raise InvalidRequest(
        Fault(f"/{name}", "Expected RFC 3339, such as 2026-11-01T12:00:00Z ('+' encoded as %2B).")
    )


def version(text: str, name: str, most: int = MAX_VERSION) -> int:
    """A version, or another whole number from 1 on, in a parameter. Raises InvalidRequest."""
    if text.isascii() and text.isdigit() and 1 <= int(text[:20]) <= most:
        return int(text)
    raise InvalidRequest(Fault(f"/{name}", f"Expected a whole number from 1 to {most}."))


def has_current(request: func.HttpRequest, current: str) -> bool:
    """Whether If-None-Match names the current entity tag: weak comparison, RFC 9110 section 13.1.2."""
    tags = (tag.strip() for tag in (header(request, "if-none-match") or "").split(","))
    return any(tag == "*" or tag.removeprefix("W/") == current for tag in tags)


def command[C: msgspec.Struct](request: func.HttpRequest, kind: type[C]) -> C:
    """The body as a command, to an aggregate or of an operator. Raises RequestError."""
    body: bytes = request.get_body()
    if not body and "chunked" in (header(request, "transfer-encoding") or "").lower():
        raise LengthRequired
    if len(body) > MAX_BODY_BYTES:
        raise BodyTooLarge(len(body))
    media_type = (header(request, "content-type") or "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise UnsupportedMediaType
    try:
        return msgspec.json.decode(body, type=kind, dec_hook=from_json)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        faults = faults_in(body, kind) or [_fault(error)]
        raise InvalidRequest(*faults) from error


def _fault(error: Exception) -> Fault:
    """The one fault that msgspec names, for what a schema cannot say."""
    if isinstance(error.__cause__, InvalidValue):
        return Fault(error.__cause__.pointer, f"{error.__cause__}.")
    found = _WHERE.match(str(error))
    assert found is not None
    steps = re.findall(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]", found["path"] or "")
    return Fault("".join(f"/{name or index}" for name, index in steps), f"{found['detail']}.")

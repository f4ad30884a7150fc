"""HTTP requests and answers on their way between the server and the worker's `Datum`s."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

import msgspec

from local.functions_host.functions import Function
from local.functions_host.worker import Datum

type Headers = list[tuple[bytes, bytes]]

NOT_ALLOWED_IN_VALUES = re.compile(r"[^\t\x20-\x7e]")
SET_BY_THE_SERVER = frozenset(
    {"connection", "content-length", "date", "server", "transfer-encoding"}
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the caller."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def lines(self) -> Headers:
        """The header lines; an empty body says so, any other is chunked by the server."""
        lines = [(name.encode(), value.encode()) for name, value in self.headers]
        if not self.body and self.status not in (204, 304):
            lines.append((b"content-length", b"0"))
        return lines


SERVER_ERROR = Answer(500)


def join_headers(lines: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Header names lower-case, repeats joined with a comma."""
    joined: dict[str, str] = {}
    for raw_name, raw_value in lines:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def parse_query(raw: str) -> dict[str, str]:
    """The query's values: empty ones dropped, repeats joined, names equal whatever their case."""
    spelled: dict[str, str] = {}
    values: dict[str, str] = {}
    for name, value in parse_qsl(raw, encoding="utf-8", errors="replace"):
        first = spelled.setdefault(name.lower(), name)
        values[first] = f"{values[first]},{value}" if first in values else value
    return values


def request_datum(
    method: str,
    url: str,
    headers: Mapping[str, str],
    query: Mapping[str, str],
    route_values: Mapping[str, str],
    body: bytes,
) -> Datum:
    """The trigger's value of an HTTP call; the body is bytes whatever its content type."""
    return Datum(
        {
            "method": Datum(method, "string"),
            "url": Datum(url, "string"),
            "headers": _strings(headers),
            "query": _strings(query),
            "params": _strings(route_values),
            "body": Datum(body, "bytes"),
        },
        "http",
    )


def request_metadata(headers: Mapping[str, str], query: Mapping[str, str]) -> dict[str, Datum]:
    """`Query` and `Headers` as JSON, and a string per query name; no `sys`."""
    return {
        **_strings(query),
        "Query": Datum(msgspec.json.encode(query).decode(), "json"),
        "Headers": Datum(msgspec.json.encode(headers).decode(), "json"),
    }


def answer_of(function: Function, returned: Datum | None) -> Answer:
    """The answer for what a function returned: anything but a response or a str is a 500."""
    if returned is None or returned.type not in ("http", "string"):
        return SERVER_ERROR
    if returned.type == "string":
        return _without_body(
            200, (("content-type", "text/plain; charset=utf-8"),), returned.value.encode()
        )
    try:
        return _response(returned.value)
    except ValueError:
        return SERVER_ERROR


def _response(response: Mapping[str, Datum]) -> Answer:
    status = int(response["status_code"].value)
    if not 200 <= status <= 599:
        raise ValueError(f"{status} is no status of an answer")
    headers: dict[str, tuple[str, str]] = {}
    for name, value in response["headers"].items():
        if NOT_ALLOWED_IN_VALUES.search(value.value):
            raise ValueError(f"{name}: a character that is not allowed in a header")
        if name.lower() not in SET_BY_THE_SERVER:
            headers[name.lower()] = (name, value.value)
    cookies = tuple(
        ("Set-Cookie", morsel.OutputString())
        for cookie in response.get("cookies") or ()
        for morsel in cookie.values()
    )
    return _without_body(status, (*headers.values(), *cookies), response["body"].value or b"")


def _without_body(status: int, headers: tuple[tuple[str, str], ...], body: bytes) -> Answer:
    return Answer(status, headers, b"" if status in (204, 304) else body)


def _strings(values: Mapping[str, str]) -> dict[str, Datum]:
    return {name: Datum(value, "string") for name, value in values.items()}

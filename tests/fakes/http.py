"""Requests as the worker hands them over: header names in lower case, the query and the route taken apart."""

import base64
from collections.abc import Mapping
from typing import Any

import azure.functions as func
import msgspec


def request(
    method: str = "GET",
    path: str = "/api/orders",
    *,
    body: bytes | Mapping[str, Any] = b"",
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    route: Mapping[str, str] | None = None,
) -> func.HttpRequest:
    """A request; a mapping as its body is sent as JSON."""
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    typed = {"content-type": "application/json"} if method == "POST" else {}
    return func.HttpRequest(
        method=method,
        url=f"http://localhost:7071{path}",
        headers={**typed, **(headers or {})},
        params=dict(query or {}),
        route_params=dict(route or {}),
        body=raw,
    )


def signed_in(user: str, *roles: str) -> dict[str, str]:
    """The headers by which the platform's authentication says who calls, with which roles."""
    claims = {"claims": [{"typ": "roles", "val": role} for role in roles]}
    return {
        "x-ms-client-principal-id": user,
        "x-ms-client-principal": base64.b64encode(msgspec.json.encode(claims)).decode(),
    }


def json_of(response: func.HttpResponse) -> Any:
    return msgspec.json.decode(response.get_body())

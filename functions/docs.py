"""The contract to read: `GET /openapi.json` for programs, `GET /docs` for people. Both open to everybody."""

import base64
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any, Final

import azure.functions as func
import msgspec

from functions.endpoint import JSON, Call
from functions.route import Route
from wiring import Application

DOCUMENT: Final = Route("get_openapi", "GET", "openapi.json", "anyone")
PAGE: Final = Route("get_docs", "GET", "docs", "anyone")

DOCUMENT_FILE: Final = Path(__file__).parent.parent / "openapi.json"
PAGE_FILE: Final = Path(__file__).parent / "docs_page.html"
REVALIDATED: Final = {"Cache-Control": "no-cache"}
"""Kept by who likes, and asked for again each time: it changes with a deployment."""


class Document(msgspec.Struct, frozen=True):
    """OpenAPI 3.1."""

    openapi: str
    info: dict[str, Any]
    servers: list[dict[str, Any]]
    tags: list[dict[str, Any]]
    paths: dict[str, Any]
    components: dict[str, Any]


def blueprint(application: Application) -> func.Blueprint:
    docs = func.Blueprint()

    async def document(call: Call) -> func.HttpResponse:
        return call.respond(_read(DOCUMENT_FILE), JSON, headers=REVALIDATED)

    async def page(call: Call) -> func.HttpResponse:
        policy = {"Content-Security-Policy": _policy(), "X-Content-Type-Options": "nosniff"}
        return call.respond(_read(PAGE_FILE), "text/html", headers=REVALIDATED | policy)

    DOCUMENT.serve(docs, document, application)
    PAGE.serve(docs, page, application)
    return docs


@cache
def _read(file: Path) -> bytes:
    """A file of the application's, read once: it is deployed with the code."""
    return file.read_bytes()


@cache
def _policy() -> str:
    """Nothing from elsewhere, and no script or style but the page's own, by their digests (CSP Level 3)."""
    content = _read(PAGE_FILE)
    sources = " ".join(
        f"{tag}-src {' '.join(_digests(content, tag))};" for tag in ("script", "style")
    )
    return f"default-src 'none'; {sources} img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'"


def _digests(content: bytes, tag: str) -> list[str]:
    elements = re.findall(rf"<{tag}>(.*?)</{tag}>".encode(), content, re.DOTALL)
    digests = (base64.b64encode(hashlib.sha256(element).digest()) for element in elements)
    return [f"'sha256-{digest.decode()}'" for digest in digests]

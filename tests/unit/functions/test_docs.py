"""The document and the page, served as files that a caller need not fetch twice."""

import base64
import hashlib
import re
from typing import Any

import azure.functions as func
import pytest

from functions import docs
from tests.fakes.app import FakeApplication
from tests.fakes.http import json_of, request


@pytest.fixture
def functions() -> dict[str, Any]:
    app = func.FunctionApp()
    app.register_functions(docs.blueprint(FakeApplication()))
    return {str(f.get_function_name()): f.get_user_function() for f in app.get_functions()}


async def test_the_document_is_the_committed_one(functions: dict[str, Any]) -> None:
    response = await functions["get_openapi"](request(headers={"x-correlation-id": "c-1"}))
    assert response.status_code == 200
    assert response.mimetype == "application/json"
    assert response.headers["X-Correlation-ID"] == "c-1"
    assert json_of(response)["openapi"] == "3.1.0"
    assert response.get_body() == docs.DOCUMENT_FILE.read_bytes()


@pytest.mark.parametrize("name", ["get_openapi", "get_docs"])
async def test_who_has_it_already_gets_304(functions: dict[str, Any], name: str) -> None:
    tag = (await functions[name](request())).headers["ETag"]
    again = await functions[name](request(headers={"if-none-match": f'"other", W/{tag}'}))
    assert (again.status_code, again.get_body(), again.headers["ETag"]) == (304, b"", tag)
    other = await functions[name](request(headers={"if-none-match": '"other"'}))
    assert other.status_code == 200


async def test_the_page_allows_its_own_script_and_style_alone(functions: dict[str, Any]) -> None:
    response = await functions["get_docs"](request())
    assert response.mimetype == "text/html"
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    page = response.get_body().decode()
    for tag in ("script", "style"):
        (element,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(element.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}';" in policy


def test_the_page_needs_nothing_from_elsewhere() -> None:
    page = docs.PAGE_FILE.read_text()
    assert not re.findall(
        r"https?://|//cdn|@import|\burl\(|<link[^>]+stylesheet|<script[^>]+src", page
    )
    assert not re.findall(r"\son\w+=|\sstyle=", page), "the policy would refuse them"

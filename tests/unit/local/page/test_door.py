"""Who may ask the page, what is where, and what reaches the application."""

import re
from http import HTTPStatus

import pytest

from local.forwarding import Forwarded
from local.page.replies import STATIC
from tests.unit.local.page.asking import FakeApplication, Page
from tests.unit.local.page.store import EventStore


async def test_the_page_is_at_the_slash(page: Page) -> None:
    moved = await page.get("/_local")
    assert (moved.status, moved.headers["location"]) == (308, "/_local/")
    found = await page.get("/_local/")
    assert found.status == 200
    assert found.headers["content-type"] == "text/html; charset=utf-8"
    assert found.body.startswith(b"<!doctype html>")


async def test_every_file_that_the_page_names_is_there(page: Page) -> None:
    texts = {path.name: path.read_text() for path in STATIC.iterdir()}
    named = set(re.findall(r'(?:href|src)="([\w.]+)"', texts["index.html"]))
    for text in texts.values():
        named |= set(re.findall(r'(?:from|import) "\./([\w.]+)"', text))
    assert named == set(texts) - {"index.html"}
    for name in named:
        assert (await page.get(f"/_local/{name}")).status == 200


async def test_nothing_but_own_scripts_and_styles_may_run(page: Page) -> None:
    policy = (await page.get("/_local/")).headers["content-security-policy"]
    directives = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert {directives[name] for name in ("script-src", "style-src", "connect-src")} == {"'self'"}
    assert directives["require-trusted-types-for"] == "'script'"
    texts = "".join(path.read_text() for path in STATIC.iterdir())
    outside = texts.replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"innerHTML|insertAdjacentHTML|\beval\(| style=|<script>|//\w+\.", outside)


@pytest.mark.parametrize("host", ["127.0.0.1:7071", "localhost:7071", "[::1]:8081", "LOCALHOST"])
async def test_names_of_this_machine_are_answered(page: Page, host: str) -> None:
    assert (await page.get("/_local/streams", host=host)).status == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:7071", "", "192.0.2.1"])
@pytest.mark.parametrize("target", ["/_local/", "/_local/streams", "/_local/api/health"])
async def test_another_name_is_refused(page: Page, host: str, target: str) -> None:
    reply = await page.get(target, host=host)
    assert reply.status == 403
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json["detail"].startswith(f"The host is '{host}'")


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:3000", "null"])
async def test_another_origin_changes_nothing(
    page: Page, application: FakeApplication, origin: str
) -> None:
    reply = await page.ask("POST", "/_local/api/operations/dead-letters/1/replay", origin=origin)
    assert reply.status == 403
    assert application.asked == []


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/_local/elsewhere", 404),
        ("/_local/streams/order-1", 404),
        ("/_local/..%2Froutes.py", 404),
        ("/_local/%2e%2e/%2e%2e/routes.py", 404),
        ("/_local/%2Fetc%2Fpasswd", 404),
        ("/_local/streams?limit=0", 400),
        ("/_local/streams?limit=many", 400),
        ("/_local/streams/order-1/events?after=-1", 400),
        ("/_local/streams/order-1/events?after=" + "9" * 5000, 400),
        ("/_local/streams/order-1/events?limit=%D9%A1", 400),
    ],
)
async def test_what_is_not_there_or_malformed_is_a_problem(
    page: Page, target: str, status: int
) -> None:
    reply = await page.get(target)
    assert reply.status == status
    assert reply.json["status"] == status
    assert reply.json["title"] == HTTPStatus(status).phrase
    assert reply.json["detail"]


@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT"])
async def test_what_the_servers_know_can_only_be_read(page: Page, method: str) -> None:
    assert (await page.ask(method, "/_local/streams")).status == 405


async def test_streams_and_their_events_are_asked_for_by_address(
    page: Page, store: EventStore
) -> None:
    store.append("order-a b", 0, 3)
    store.append("product-1", 0)
    listing = (await page.get("/_local/streams?id=order&limit=5")).json
    assert [stream["id"] for stream in listing["streams"]] == ["order-a b"]
    assert (listing["total"], listing["events"]) == (2, 4)
    history = (await page.get("/_local/streams/order-a%20b/events?after=1&limit=1")).json
    assert history["id"] == "order-a b"
    assert [event["data"] for event in history["events"]] == [{"version": 2}]


async def test_a_request_goes_on_to_the_application_as_it_came(
    page: Page, application: FakeApplication
) -> None:
    application.answer = Forwarded(409, {"content-type": "application/problem+json"}, b"no")
    reply = await page.ask(
        "POST",
        "/_local/api/orders/a%2Fb/ship?x=%20y",
        b'{"a": 1}',
        content_type="application/json",
        x_functions_key="secret",
        x_purpose="a look",
        x_ms_client_principal_id="somebody",
        origin="http://127.0.0.1:7071",
    )
    assert (reply.status, reply.body) == (409, b"no")
    assert reply.headers["content-type"] == "application/problem+json"
    (asked,) = application.asked
    assert (asked.method, asked.target) == ("POST", "/api/orders/a%2Fb/ship?x=%20y")
    assert asked.body == b'{"a": 1}'
    assert asked.headers == {
        "content-type": "application/json",
        "x-functions-key": "secret",
        "x-purpose": "a look",
    }


async def test_an_application_that_is_away_is_a_problem_that_says_so(
    page: Page, application: FakeApplication
) -> None:
    application.runs = False
    reply = await page.get("/_local/api/health")
    assert reply.status == 502
    assert reply.json["detail"].startswith("The application is not running: nobody answers at http")
    assert (await page.get("/_local/application")).json == {"api": "http://127.0.0.1:7071/api"}
    assert (await page.get("/_local/containers")).status == 200

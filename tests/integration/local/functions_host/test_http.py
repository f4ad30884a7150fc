"""The HTTP trigger over the wire."""

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from local.functions_host import FunctionsHost
from tests.integration.local.functions_host.apps import write_app
from tests.integration.local.functions_host.calls import call, exchange

pytestmark = pytest.mark.asyncio(loop_scope="module")

APP = """
import json

@app.route("echo/{*rest}")
async def echo(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(json.dumps({
        "method": req.method, "url": req.url, "query": dict(req.params), "route": dict(req.route_params),
        "headers": dict(req.headers), "body": req.get_body().decode("latin-1"),
    }))

@app.route("orders/{id:int}", methods=["GET", "PUT"])
async def order(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(req.route_params["id"])

@app.route("answers/{kind}")
async def answers(req: func.HttpRequest) -> func.HttpResponse:
    match req.route_params["kind"]:
        case "none": return None
        case "dict": return {"a": 1}
        case "bytes": return b"bytes"
        case "text": return "h\\u00e9"
        case "empty": return func.HttpResponse(status_code=201)
        case "no-content": return func.HttpResponse("gone", status_code=204)
        case "raise": raise RuntimeError("the reason")
        case "cancel": raise asyncio.CancelledError
        case "exit": raise SystemExit(3)

@app.route("sync")
def sync(req: func.HttpRequest) -> func.HttpResponse:
    time.sleep(0.2)
    return func.HttpResponse(threading.current_thread().name)

@app.route("context")
async def traced(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    return func.HttpResponse(repr((context.function_name, context.trace_context.trace_parent)))
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def host(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FunctionsHost]:
    folder = tmp_path_factory.mktemp("http")
    async with FunctionsHost(write_app(folder / "app", APP), {}, folder / "data") as host:
        yield host


async def test_a_function_answers_on_its_route(host: FunctionsHost) -> None:
    reply = await call(host.port, "GET", "/api/orders/05/")
    assert (reply.status, reply.body) == (200, b"05")


async def test_a_wrong_method_is_a_404_without_body_or_allow(host: FunctionsHost) -> None:
    for method in ("POST", "HEAD", "OPTIONS", "DELETE"):
        reply = await call(host.port, method, "/api/orders/5")
        assert (reply.status, reply.body, "allow" in reply.headers) == (404, b"", False)


async def test_an_unknown_route_is_a_404_without_a_body(host: FunctionsHost) -> None:
    reply = await call(host.port, "GET", "/api/orders/x")
    assert (reply.status, reply.headers["content-length"], reply.body) == (404, "0", b"")


async def test_an_answer_names_kestrel_and_comes_in_chunks(host: FunctionsHost) -> None:
    reply = await call(host.port, "GET", "/api/orders/5")
    assert reply.headers["server"] == "kestrel"
    assert reply.headers["date"].endswith("gmt")
    assert reply.headers["transfer-encoding"] == "chunked"
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"


async def test_the_url_is_host_path_and_raw_query(host: FunctionsHost) -> None:
    headers = {"Host": "shop.example:9", "X-Forwarded-Host": "evil", "X-Forwarded-Proto": "https"}
    reply = await call(host.port, "GET", "/api/echo/a%20b?x=%41+b&x=2&E=", headers)
    assert reply.json()["url"] == "http://shop.example:9/api/echo/a%20b?x=%41+b&x=2&E="
    assert reply.json()["query"] == {"x": "A b,2"}


async def test_values_are_decoded_once_and_dots_resolved(host: FunctionsHost) -> None:
    reply = await call(host.port, "GET", "/api/x/../echo/a+b%252F%2F%C3%A9/")
    assert reply.json()["route"] == {"rest": "a+b%2F%2Fé/"}


async def test_header_names_arrive_lower_case_and_joined(host: FunctionsHost) -> None:
    request = b"GET /api/echo HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nx-a: 2\r\nConnection: close\r\n\r\n"
    assert (await exchange(host.port, request)).json()["headers"]["x-a"] == "1,2"


async def test_a_clients_principal_passes_through(host: FunctionsHost) -> None:
    reply = await call(host.port, "GET", "/api/echo", {"X-MS-CLIENT-PRINCIPAL": "e30="})
    assert reply.json()["headers"]["x-ms-client-principal"] == "e30="


async def test_a_body_with_a_length_arrives_as_it_is(host: FunctionsHost) -> None:
    body = bytes(range(256))
    reply = await call(host.port, "POST", "/api/echo", {"Content-Type": "application/json"}, body)
    assert reply.json()["body"].encode("latin-1") == body


async def test_a_chunked_body_arrives_empty_and_the_connection_goes_on(host: FunctionsHost) -> None:
    chunked = b"POST /api/echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    after = b"GET /api/orders/7 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", host.port)
    writer.write(chunked + after)
    both = (await asyncio.wait_for(reader.read(), 10)).decode()
    writer.close()
    assert both.count("HTTP/1.1 200") == 2
    assert '"body": ""' in both
    assert both.endswith("7\r\n0\r\n\r\n")


async def test_a_body_of_more_than_100_mib_is_a_500_and_the_end_of_the_connection(
    host: FunctionsHost,
) -> None:
    head = b"POST /api/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 104857601\r\n\r\n"
    reply = await exchange(host.port, head)
    assert (reply.status, reply.headers["connection"], reply.body) == (500, "close", b"")


async def test_a_request_line_of_more_than_8_kib_is_a_414(host: FunctionsHost) -> None:
    fits = 8192 - len("GET /api/echo?q= HTTP/1.1\r\n")
    assert (await call(host.port, "GET", f"/api/echo?q={'x' * fits}")).status == 200
    assert (await call(host.port, "GET", f"/api/echo?q={'x' * (fits + 1)}")).status == 414


async def test_headers_of_more_than_32_kib_are_a_431(host: FunctionsHost) -> None:
    assert (await call(host.port, "GET", "/api/echo", {"X-A": "x" * 32_000})).status == 200
    reply = await call(host.port, "GET", "/api/echo", {"X-A": "x" * 33_000})
    assert (reply.status, reply.headers["connection"]) == (431, "close")


@pytest.mark.parametrize("path", ["/api/echo/\xe9", "/api/echo/a%00b"])
async def test_a_path_that_the_server_does_not_take_is_a_400(
    host: FunctionsHost, path: str
) -> None:
    assert (await call(host.port, "GET", path)).status == 400


@pytest.mark.parametrize("kind", ["none", "dict", "bytes", "raise", "exit", "no-such-kind"])
async def test_what_is_no_response_is_a_500_without_a_body(host: FunctionsHost, kind: str) -> None:
    reply = await call(host.port, "GET", f"/api/answers/{kind}")
    assert (reply.status, reply.headers["content-length"], reply.body) == (500, "0", b"")
    assert "content-type" not in reply.headers


async def test_an_exception_is_in_the_log_with_its_traceback(
    host: FunctionsHost, caplog: pytest.LogCaptureFixture
) -> None:
    await call(host.port, "GET", "/api/answers/raise")
    (record,) = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert "Functions.answers" in record.getMessage()
    assert 'raise RuntimeError("the reason")' in record.getMessage()


async def test_a_text_is_a_response(host: FunctionsHost) -> None:
    reply = await call(host.port, "GET", "/api/answers/text")
    assert (reply.status, reply.body) == (200, "hé".encode())
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"


async def test_an_empty_body_has_length_zero(host: FunctionsHost) -> None:
    reply = await call(host.port, "GET", "/api/answers/empty")
    assert (reply.status, reply.headers["content-length"]) == (201, "0")


async def test_204_loses_its_body_and_keeps_the_content_type(host: FunctionsHost) -> None:
    reply = await call(host.port, "GET", "/api/answers/no-content")
    assert (reply.status, reply.body) == (204, b"")
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"
    assert "transfer-encoding" not in reply.headers


async def test_sync_functions_run_at_once_in_threads(host: FunctionsHost) -> None:
    calls = [call(host.port, "GET", "/api/sync") for _ in range(3)]
    threads = {reply.body for reply in await asyncio.gather(*calls)}
    assert len(threads) == 3


async def test_the_trace_context_is_empty_without_telemetry(host: FunctionsHost) -> None:
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    reply = await call(host.port, "GET", "/api/context", {"traceparent": parent})
    assert reply.body == b"('traced', '')"


async def test_the_root_is_a_page(host: FunctionsHost) -> None:
    reply = await call(host.port, "GET", "/")
    assert (reply.status, reply.headers["content-type"]) == (200, "text/html")


async def test_a_cancelled_error_that_escapes_is_never_answered(
    host: FunctionsHost, caplog: pytest.LogCaptureFixture
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", host.port)
    writer.write(b"GET /api/answers/cancel HTTP/1.1\r\nHost: h\r\n\r\n")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), 0.2)
    writer.close()
    assert any("never answered" in one.getMessage() for one in caplog.records)

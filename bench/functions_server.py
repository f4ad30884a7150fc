"""Requests per second of the local Functions host, beside bare uvicorn with the same handler."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bench.figures import Effort, Figure
from bench.http_load import requests_per_second
from bench.processes import running

ROUNDS: Final = 3

FUNCTION_APP: Final = """
import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

@app.route("hello", methods=["GET"])
async def hello(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("Hello", mimetype="text/plain")
"""
ASGI_APP: Final = """
HEADERS = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"5")]

async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": b"Hello"})
"""
UVICORN: Final = ("--port", "0", "--lifespan", "off", "--no-access-log")


async def run(effort: Effort) -> list[Figure]:
    """A trivial handler, asked 16 times at once; the best round of each."""
    times = effort.of(16_000, 3_200)
    with TemporaryDirectory(prefix="bench-") as folder:
        _write_apps(Path(folder))
        host = ("-m", "local.functions_host", "--app", folder, "--port", "0", "--data", folder)
        bare = ("-m", "uvicorn", "bare:app", "--app-dir", folder, *UVICORN)
        async with (
            running(*host, says=[r"Functions host on (?P<url>\S+)"]) as hosted,
            running(*bare, says=[r"running on (?P<url>http://[\d.:]+)"]) as served,
        ):
            rates = [
                (await _rate(hosted, "/api/hello", times), await _rate(served, "/", times))
                for _ in range(ROUNDS)
            ]
    return [
        Figure(
            what="local Functions host, a trivial function",
            value=max(host for host, _ in rates),
            unit="requests/s",
            beside="bare uvicorn, the same handler",
            beside_value=max(bare for _, bare in rates),
        )
    ]


def _write_apps(folder: Path) -> None:
    (folder / "function_app.py").write_text(FUNCTION_APP)
    (folder / "host.json").write_text('{"version": "2.0"}')
    (folder / "bare.py").write_text(ASGI_APP)


async def _rate(found: Mapping[str, str], path: str, times: int) -> float:
    return await requests_per_second(f"{found['url']}{path}", times)

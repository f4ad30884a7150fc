"""Where telemetry goes is a matter of settings: each way is gone in a process of its own, as a worker would."""

import gzip
import json
import os
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from uuid import UUID

import pytest

from telemetry.exporting import INSTRUMENTATIONS
from tests.rules.repository import ROOT
from tests.stack.in_process import ENVIRONMENT

TELLS: Final = """
import logging, os, settings
from telemetry import exporting, metrics, tracing
from telemetry.correlation import correlated
exporting.configure(settings.read(os.environ).telemetry)
with correlated("c-1"), tracing.invocation("place_order", "http"):
    metrics.appended("Order", 3)
    logging.getLogger("functions.commands").error("told")
    logging.getLogger("azure.core").info("not told")
import sys
print("sdk" if "opentelemetry.sdk" in sys.modules else "no sdk")
"""
TAKEN: Final = b'{"itemsReceived": 1, "itemsAccepted": 1, "errors": []}'


class Collector(ThreadingHTTPServer):
    """Takes what is posted: paths with bodies."""

    def __init__(self) -> None:
        self.taken: defaultdict[str, list[bytes]] = defaultdict(list)
        super().__init__(("127.0.0.1", 0), _Door)

    def all(self, path: str) -> bytes:
        return b"".join(self.taken[path])

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Door(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:  # the library's own
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken[self.path].append(body)
        answer = TAKEN if self.path.endswith("/track") else b""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        return None


@contextmanager
def collector() -> Iterator[Collector]:
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def told(**environment: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-c", TELLS],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **ENVIRONMENT, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


def test_without_a_setting_nothing_is_loaded_and_nothing_told() -> None:
    done = told()
    assert done.stdout == "no sdk\n"
    assert done.stderr == "told correlation_id=c-1\n"


def test_a_collector_gets_spans_metrics_and_logs_when_the_process_ends() -> None:
    with collector() as server:
        told(OTEL_EXPORTER_OTLP_ENDPOINT=server.address, OTEL_SERVICE_NAME="orders")
    assert server.taken.keys() == {"/v1/traces", "/v1/metrics", "/v1/logs"}
    assert b"place_order" in server.all("/v1/traces")
    assert b"event_store.writes" in server.all("/v1/metrics")
    assert b"told correlation_id=c-1" in server.all("/v1/logs")
    assert b"not told" not in server.all("/v1/logs")
    for path in server.taken:
        assert b"orders" in server.all(path)


def test_what_is_not_wanted_is_not_sent() -> None:
    with collector() as server:
        told(OTEL_EXPORTER_OTLP_ENDPOINT=server.address, OTEL_TRACES_EXPORTER="none")
    assert server.taken.keys() == {"/v1/metrics", "/v1/logs"}


def test_the_console_shows_spans_and_metrics() -> None:
    done = told(OTEL_TRACES_EXPORTER="console", OTEL_METRICS_EXPORTER="console")
    assert '"name": "place_order"' in done.stdout
    assert '"name": "event_store.writes"' in done.stdout


def test_application_insights_gets_requests_metrics_and_logs() -> None:
    with collector() as server:
        connection = f"InstrumentationKey={UUID(int=1)};IngestionEndpoint={server.address}/"
        told(
            APPLICATIONINSIGHTS_CONNECTION_STRING=f"{connection};LiveEndpoint={server.address}/",
            # What the exporter tells Microsoft of itself.
            APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL="true",
            APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED="true",
            OTEL_TRACES_SAMPLER="always_on",
        )
    (tracks,) = (bodies for path, bodies in server.taken.items() if path.endswith("/track"))
    items = [item["data"] for body in tracks for item in lines_of(body)]
    (request,) = (i["baseData"] for i in items if i["baseType"] == "RequestData")
    assert request["name"] == "place_order"
    (message,) = (i["baseData"] for i in items if i["baseType"] == "MessageData")
    assert message["properties"]["correlation_id"] == "c-1"
    measured = [m for i in items for m in i["baseData"].get("metrics", ())]
    assert [m["value"] for m in measured if m["name"] == "event_store.writes"] == [3.0]


def lines_of(body: bytes) -> list[dict[str, Any]]:
    """The telemetry items of a request."""
    plain = gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body
    items: list[dict[str, Any]] = json.loads(plain)
    return items


def test_whatever_the_distribution_would_instrument_by_itself_is_switched_off() -> None:
    from azure.monitor.opentelemetry import _constants

    assert set(INSTRUMENTATIONS) == set(_constants._ALL_SUPPORTED_INSTRUMENTED_LIBRARIES)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("APPLICATIONINSIGHTS_CONNECTION_STRING", "nonsense"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "nonsense"),
        ("OTEL_TRACES_EXPORTER", "zipkin"),
        ("OTEL_METRICS_EXPORTER", "prometheus"),
    ],
)
def test_a_malformed_setting_is_named(name: str, value: str) -> None:
    from settings import SettingsError, read

    with pytest.raises(SettingsError, match=f"{name} is malformed"):
        read(ENVIRONMENT | {name: value})

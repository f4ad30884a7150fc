"""Where telemetry goes is a matter of settings: each way is gone in a process of its own, as a worker would."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

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


class Collector(ThreadingHTTPServer):
    """Takes what is posted: paths with bodies."""

    def __init__(self) -> None:
        self.taken: dict[str, bytes] = {}
        super().__init__(("127.0.0.1", 0), _Door)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Door(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:  # the library's own
        body = self.rfile.read(int(self.headers["Content-Length"]))
        taken = self.server.taken
        taken[self.path] = taken.get(self.path, b"") + body
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

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
    assert b"place_order" in server.taken["/v1/traces"]
    assert b"event_store.writes" in server.taken["/v1/metrics"]
    assert b"told correlation_id=c-1" in server.taken["/v1/logs"]
    assert b"not told" not in server.taken["/v1/logs"]
    for body in server.taken.values():
        assert b"orders" in body


def test_what_is_not_wanted_is_not_sent() -> None:
    with collector() as server:
        told(OTEL_EXPORTER_OTLP_ENDPOINT=server.address, OTEL_TRACES_EXPORTER="none")
    assert server.taken.keys() == {"/v1/metrics", "/v1/logs"}


def test_the_console_shows_spans_and_metrics() -> None:
    done = told(OTEL_TRACES_EXPORTER="console", OTEL_METRICS_EXPORTER="console")
    assert '"name": "place_order"' in done.stdout
    assert '"name": "event_store.writes"' in done.stdout


def test_application_insights_gets_all_three_by_their_names() -> None:
    with collector() as server:
        told(
            APPLICATIONINSIGHTS_CONNECTION_STRING=(
                "InstrumentationKey=00000000-0000-0000-0000-000000000001;"
                f"IngestionEndpoint={server.address}/;LiveEndpoint={server.address}/"
            ),
            APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL="true",
            APPLICATIONINSIGHTS_SDKSTATS_DISABLED="true",
        )
    (path,) = [path for path in server.taken if "track" in path]
    body = server.taken[path].decode(errors="replace")
    items = [item for line in body.splitlines() for item in json.loads(line)]
    kinds = {item["data"]["baseType"] for item in items}
    assert kinds >= {"RequestData", "MetricData", "MessageData"}


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

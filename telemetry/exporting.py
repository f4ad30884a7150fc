"""Where telemetry goes: Application Insights, an OpenTelemetry collector, the console, or nowhere.

The SDKs are heavy and load only where something is exported. Each of them reads its further settings itself
("OpenTelemetry Environment Variable Specification"; `APPLICATIONINSIGHTS_AUTHENTICATION_STRING`), and sends
what it still has when the process ends.
"""

import logging
import os
from typing import TYPE_CHECKING, Final, Protocol

from telemetry import SCOPE, metrics, tracing
from telemetry.correlation import label_logs

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics.export import MetricExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace.export import SpanExporter

INSTRUMENTATIONS: Final = (
    "azure_sdk",
    "django",
    "fastapi",
    "flask",
    "httpx",
    "httpx2",
    "psycopg2",
    "requests",
    "urllib",
    "urllib3",
)
"""What the distribution of Azure Monitor would instrument by itself. The Azure SDK's spans have the ids of
documents, customers' among them, and its producer adds properties to messages."""


class Destination(Protocol):
    """Where to: a connection string, or a collector's address, which the exporters read themselves;
    `traces` and `metrics` are "otlp", "console" or "none"."""

    @property
    def application_insights(self) -> str | None: ...
    @property
    def otlp_endpoint(self) -> str | None: ...
    @property
    def traces(self) -> str: ...
    @property
    def metrics(self) -> str: ...


def configure(destination: Destination) -> None:
    """Begins to export. Once a process, before anything is measured."""
    label_logs()
    # The SDKs log each request, whose address has ids in it, as information.
    logging.getLogger("azure").setLevel(logging.WARNING)
    if destination.application_insights:
        _export_to_azure_monitor(destination.application_insights)
        return
    if exporter := _span_exporter(destination):
        _export_spans(exporter)
    if metric_exporter := _metric_exporter(destination):
        _export_metrics(metric_exporter)
    if destination.otlp_endpoint:
        _export_logs()


def _export_to_azure_monitor(connection_string: str) -> None:
    from azure.monitor.opentelemetry import configure_azure_monitor
    from opentelemetry.metrics import get_meter_provider
    from opentelemetry.trace import get_tracer_provider

    # As the worker library does; by default it would look for a virtual machine on the network.
    os.environ.setdefault("OTEL_EXPERIMENTAL_RESOURCE_DETECTORS", "azure_functions")
    configure_azure_monitor(
        connection_string=connection_string,
        instrumentation_options={name: {"enabled": False} for name in INSTRUMENTATIONS},
    )
    tracing.listen(get_tracer_provider())
    metrics.listen(get_meter_provider())


def _span_exporter(destination: Destination) -> "SpanExporter | None":
    match destination.traces:
        case "console":
            from opentelemetry.sdk.trace.export import ConsoleSpanExporter

            return ConsoleSpanExporter()
        case "otlp" if destination.otlp_endpoint:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

            return OTLPSpanExporter()
        case _:
            return None


def _metric_exporter(destination: Destination) -> "MetricExporter | None":
    match destination.metrics:
        case "console":
            from opentelemetry.sdk.metrics.export import ConsoleMetricExporter

            return ConsoleMetricExporter()
        case "otlp" if destination.otlp_endpoint:
            from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter

            return OTLPMetricExporter()
        case _:
            return None


def _export_spans(exporter: "SpanExporter") -> None:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=_resource())
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracing.listen(provider)


def _export_metrics(exporter: "MetricExporter") -> None:
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

    reader = PeriodicExportingMetricReader(exporter)
    metrics.listen(MeterProvider([reader], resource=_resource()))


def _export_logs() -> None:
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.instrumentation.logging.handler import LoggingHandler
    from opentelemetry.sdk._logs import LoggerProvider
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor

    provider = LoggerProvider(resource=_resource())
    provider.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
    logging.getLogger().addHandler(LoggingHandler(logger_provider=provider))


def _resource() -> "Resource":
    """Who tells: OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES, where they are set."""
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource

    return Resource({"service.name": SCOPE}).merge(OTELResourceDetector().detect())

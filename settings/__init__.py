"""The application's settings: one frozen struct from the environment, every fault at once, by name."""

from collections.abc import Mapping

from settings import forms
from settings.model import (
    NAMES,
    Connection,
    Exporter,
    HttpAuth,
    Settings,
    SettingsError,
    Telemetry,
)
from settings.reader import Reader

__all__ = ["NAMES", "Connection", "Settings", "SettingsError", "Telemetry", "read"]


def read(environment: Mapping[str, str]) -> Settings:
    """The settings of an environment. Raises SettingsError; no value is ever shown, it may be secret."""
    reader = Reader(environment)
    settings = Settings(
        cosmos=reader.connection("CosmosDB", "accountEndpoint", forms.cosmos, forms.endpoint),
        event_hub=reader.connection(
            "EventHub", "fullyQualifiedNamespace", forms.event_hub, forms.namespace
        ),
        archive=reader.connection("ARCHIVE", "blobServiceUri", forms.storage, forms.blob_service),
        archive_after_days=reader.days("ARCHIVE_AFTER_DAYS", least=7),
        key_vault_url=reader.url("KEY_VAULT_URL"),
        cosmos_database=reader.text("COSMOS_DATABASE", "the database's name"),
        event_hub_name=reader.text("EVENT_HUB_NAME", "the event hub's name"),
        feed_poll_milliseconds=reader.whole("FEED_POLL_MILLISECONDS", 1, 60_000, default=1000),
        http_auth=reader.choice("HTTP_AUTH", HttpAuth, "keys"),
        trusted_proxies=reader.whole("TRUSTED_PROXIES", 0, 10, default=0),
        aggregate_cache_entries=reader.whole("AGGREGATE_CACHE_ENTRIES", 0, 10**7, default=10_000),
        aggregate_cache_bytes=reader.whole("AGGREGATE_CACHE_BYTES", 0, 2**40, default=64 * 2**20),
        snapshot_intervals=reader.intervals("SNAPSHOT_INTERVALS"),
        shards=reader.whole("SHARDS", 1, 1024, default=16),
        reconcile_behind_seconds=reader.whole("RECONCILE_BEHIND_SECONDS", 0, 86_400, default=120),
        notification_webhooks=reader.addresses("NOTIFICATION_WEBHOOKS"),
        notification_secrets=reader.secrets("NOTIFICATION_SECRET", "NOTIFICATION_WEBHOOKS"),
        read_model_cache=reader.optional_connection(
            "READ_MODEL_CACHE", "tableServiceUri", forms.table_storage, forms.endpoint
        ),
        telemetry=Telemetry(
            application_insights=reader.optional(
                "APPLICATIONINSIGHTS_CONNECTION_STRING",
                forms.insights,
                "Application Insights' connection string",
            ),
            otlp_endpoint=reader.optional(
                "OTEL_EXPORTER_OTLP_ENDPOINT", forms.endpoint, "the collector's address"
            ),
            traces=reader.choice("OTEL_TRACES_EXPORTER", Exporter, "otlp"),
            metrics=reader.choice("OTEL_METRICS_EXPORTER", Exporter, "otlp"),
        ),
    )
    if reader.faults:
        raise SettingsError(reader.faults)
    return settings

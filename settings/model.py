"""The application's settings: their names and their shape."""

from typing import Final, Literal

import msgspec

type HttpAuth = Literal["keys", "platform"]
type Exporter = Literal["otlp", "console", "none"]

NAMES: Final = (
    "CosmosDB",
    "CosmosDB__accountEndpoint",
    "CosmosDB__clientId",
    "EventHub",
    "EventHub__fullyQualifiedNamespace",
    "EventHub__clientId",
    "ARCHIVE",
    "ARCHIVE__blobServiceUri",
    "ARCHIVE__clientId",
    "ARCHIVE_AFTER_DAYS",
    "KEY_VAULT_URL",
    "COSMOS_DATABASE",
    "EVENT_HUB_NAME",
    "FEED_POLL_MILLISECONDS",
    "HTTP_AUTH",
    "TRUSTED_PROXIES",
    "AGGREGATE_CACHE_ENTRIES",
    "AGGREGATE_CACHE_BYTES",
    "SNAPSHOT_INTERVALS",
    "SHARDS",
    "RECONCILE_BEHIND_SECONDS",
    "NOTIFICATION_WEBHOOKS",
    "NOTIFICATION_SECRET",
    "READ_MODEL_CACHE",
    "READ_MODEL_CACHE__tableServiceUri",
    "READ_MODEL_CACHE__clientId",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_TRACES_EXPORTER",
    "OTEL_METRICS_EXPORTER",
)
"""Every setting that the application reads."""


class SettingsError(Exception):
    """Settings that are missing or malformed: all of them, each with what is expected."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("the settings are not right:\n" + "\n".join(f"  {f}" for f in faults))
        self.faults = faults


class Connection(msgspec.Struct, frozen=True):
    """How to reach a service: a connection string, or an address for which a managed identity signs in
    (`client_id` chooses a user-assigned one)."""

    connection_string: str | None = None
    address: str | None = None
    client_id: str | None = None


class Telemetry(msgspec.Struct, frozen=True):
    """Where telemetry goes: to Application Insights, or else to a collector or the console."""

    application_insights: str | None = None
    otlp_endpoint: str | None = None
    traces: Exporter = "otlp"
    metrics: Exporter = "otlp"


class Settings(msgspec.Struct, frozen=True):
    cosmos: Connection
    event_hub: Connection
    archive: Connection
    archive_after_days: int
    key_vault_url: str
    cosmos_database: str
    event_hub_name: str
    feed_poll_milliseconds: int
    http_auth: HttpAuth
    trusted_proxies: int
    aggregate_cache_entries: int
    aggregate_cache_bytes: int
    snapshot_intervals: dict[str, int]
    shards: int
    reconcile_behind_seconds: int
    notification_webhooks: tuple[str, ...]
    notification_secrets: tuple[bytes, ...]
    read_model_cache: Connection | None
    telemetry: Telemetry

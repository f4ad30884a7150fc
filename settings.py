"""The application's settings: one frozen struct from the environment, every fault at once, by name."""

import base64
import re
from collections.abc import Callable, Mapping
from typing import Final, Literal, TypeAliasType, get_args
from urllib.parse import urlsplit

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


_SECRET_FORM: Final = "'whsec_' and Base64 of 24 to 64 random bytes"


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


def read(environment: Mapping[str, str]) -> Settings:
    """The settings of an environment. Raises SettingsError; no value is ever shown, it may be secret."""
    reader = _Reader(environment)
    settings = Settings(
        cosmos=reader.connection("CosmosDB", "accountEndpoint", _cosmos, _endpoint),
        event_hub=reader.connection("EventHub", "fullyQualifiedNamespace", _event_hub, _namespace),
        archive=reader.connection("ARCHIVE", "blobServiceUri", _storage, _blob_service),
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
            "READ_MODEL_CACHE", "tableServiceUri", _table_storage, _endpoint
        ),
        telemetry=Telemetry(
            application_insights=reader.optional(
                "APPLICATIONINSIGHTS_CONNECTION_STRING",
                _insights,
                "Application Insights' connection string",
            ),
            otlp_endpoint=reader.optional(
                "OTEL_EXPORTER_OTLP_ENDPOINT", _endpoint, "the collector's address"
            ),
            traces=reader.choice("OTEL_TRACES_EXPORTER", Exporter, "otlp"),
            metrics=reader.choice("OTEL_METRICS_EXPORTER", Exporter, "otlp"),
        ),
    )
    if reader.faults:
        raise SettingsError(reader.faults)
    return settings


class _Reader:
    """Reads settings one by one and collects what is wrong."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.faults: list[str] = []

    def text(self, name: str, what: str) -> str:
        value = self._environment.get(name, "")
        if not value:
            self.faults.append(f"{name} is missing: expected {what}")
        return value

    def url(self, name: str) -> str:
        """A service's address, or a `file:` URL that stands for one in development."""
        value = self._environment.get(name, "")
        if not value:
            self.faults.append(f"{name} is missing: expected an https: or file: URL")
        elif not _service(value):
            self.faults.append(f"{name} is malformed: expected an https: or file: URL")
        return value

    def whole(self, name: str, least: int, most: int, default: int) -> int:
        value = self._environment.get(name) or str(default)
        number = _whole(value)
        if number is not None and least <= number <= most:
            return number
        self.faults.append(f"{name} is malformed: expected a whole number from {least} to {most}")
        return default

    def days(self, name: str, least: int) -> int:
        """A number of days; 0, and where it is absent, stands for never."""
        number = _whole(self._environment.get(name) or "0")
        if number is not None and (number == 0 or number >= least):
            return number
        self.faults.append(f"{name} is malformed: expected 0 for never, or {least} days at least")
        return 0

    def intervals(self, name: str) -> dict[str, int]:
        """Numbers by name: `Order=500,Product=50`."""
        value = self._environment.get(name) or ""
        pairs = [pair.partition("=") for pair in value.split(",") if pair]
        intervals = {key.strip(): _whole(number.strip()) or 0 for key, _, number in pairs}
        if all(key and interval for key, interval in intervals.items()):
            return intervals
        self.faults.append(
            f"{name} is malformed: expected intervals such as 'Order=500,Product=50'"
        )
        return {}

    def choice[C: str](self, name: str, kind: TypeAliasType, default: C) -> C:
        """One of the texts that a Literal lists."""
        value = self._environment.get(name) or default
        known: tuple[C, ...] = get_args(kind.__value__)
        for choice in known:
            if choice == value:
                return choice
        expected = " or ".join(f"'{choice}'" for choice in known)
        self.faults.append(f"{name} is malformed: expected {expected}")
        return default

    def optional(self, name: str, is_right: Callable[[str], bool], what: str) -> str | None:
        value = self._environment.get(name) or None
        if value and not is_right(value):
            self.faults.append(f"{name} is malformed: expected {what}")
        return value

    def addresses(self, name: str) -> tuple[str, ...]:
        """URLs, separated by commas; none where it is absent."""
        addresses = tuple(part.strip() for part in self._environment.get(name, "").split(","))
        if addresses == ("",):
            return ()
        if not all(map(_endpoint, addresses)):
            self.faults.append(f"{name} is malformed: expected https or http URLs and commas")
        return addresses

    def secrets(self, name: str, needed_by: str) -> tuple[bytes, ...]:
        """Signing secrets as "Standard Webhooks" writes them, separated by commas."""
        value = self._environment.get(name, "")
        if not value:
            if self._environment.get(needed_by):
                self.faults.append(f"{name} is missing: {needed_by} needs {_SECRET_FORM}")
            return ()
        secrets = [_secret(part.strip()) for part in value.split(",")]
        if None in secrets:
            self.faults.append(f"{name} is malformed: expected {_SECRET_FORM}")
        return tuple(secret for secret in secrets if secret)

    def connection(
        self,
        name: str,
        address_name: str,
        is_connection_string: Callable[[str], bool],
        is_address: Callable[[str], bool],
    ) -> Connection:
        """A connection string under `name`, or an address under `name__address_name`, not both."""
        connection_string = self._environment.get(name) or None
        address = self._environment.get(f"{name}__{address_name}") or None
        expected = (
            f"{name} (a connection string) or {name}__{address_name} (for a managed identity)"
        )
        if (connection_string is None) == (address is None):
            count = "both" if address else "none"
            self.faults.append(f"expected {expected}: {count} of the two is set")
        if connection_string and not is_connection_string(connection_string):
            self.faults.append(f"{name} is malformed: expected the service's connection string")
        if address and not is_address(address):
            self.faults.append(
                f"{name}__{address_name} is malformed: expected the service's address"
            )
        return Connection(
            connection_string, address, self._environment.get(f"{name}__clientId") or None
        )

    def optional_connection(
        self,
        name: str,
        address_name: str,
        is_connection_string: Callable[[str], bool],
        is_address: Callable[[str], bool],
    ) -> Connection | None:
        """The same; None where nothing of it is set."""
        names = (name, f"{name}__{address_name}", f"{name}__clientId")
        if not any(self._environment.get(part) for part in names):
            return None
        return self.connection(name, address_name, is_connection_string, is_address)


def _whole(text: str) -> int | None:
    """A whole number, in no more digits than any setting needs."""
    return int(text) if re.fullmatch("[0-9]{1,15}", text) else None


def _fields(connection_string: str) -> set[str]:
    parts = connection_string.split(";")
    return {part.partition("=")[0].strip() for part in parts if part.partition("=")[2]}


def _cosmos(connection_string: str) -> bool:
    return {"AccountEndpoint", "AccountKey"} <= _fields(connection_string)


def _event_hub(connection_string: str) -> bool:
    fields = _fields(connection_string)
    return {"Endpoint", "SharedAccessKeyName", "SharedAccessKey"} <= fields


def _table_storage(connection_string: str) -> bool:
    fields = _fields(connection_string)
    keyed = {"AccountName", "AccountKey"} <= fields
    signed = {"TableEndpoint", "SharedAccessSignature"} <= fields
    return keyed or signed or connection_string == "UseDevelopmentStorage=true"


def _insights(connection_string: str) -> bool:
    return "InstrumentationKey" in _fields(connection_string)


def _endpoint(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("https", "http") and bool(parts.hostname)


def _service(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    if parts.scheme == "file":
        return bool(parts.path)
    return parts.scheme == "https" and bool(parts.hostname)


def _storage(connection_string: str) -> bool:
    fields = _fields(connection_string)
    return bool({"AccountName", "BlobEndpoint"} & fields) and bool(
        {"AccountKey", "SharedAccessSignature"} & fields
    )


def _blob_service(address: str) -> bool:
    """The service's address, or the `file:` URL of a folder that stands for it in development."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return bool(parts.path if parts.scheme == "file" else _endpoint(address))


def _secret(text: str) -> bytes | None:
    """The bytes of a signing secret, where it is one."""
    try:
        secret = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except ValueError:
        return None
    return secret if text.startswith("whsec_") and 24 <= len(secret) <= 64 else None


def _namespace(address: str) -> bool:
    return "." in address and "/" not in address and ":" not in address

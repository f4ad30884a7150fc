"""Settings: both forms of every connection, every fault at once, by name, and no value ever shown."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

import settings
from settings import Connection, SettingsError
from wiring import Application

COSMOS = "AccountEndpoint=https://cosmos.example.net:443/;AccountKey=c2VjcmV0;"
EVENT_HUB = "Endpoint=sb://hubs.example.net/;SharedAccessKeyName=n;SharedAccessKey=c2VjcmV0"
STORAGE = "AccountName=account;AccountKey=c2VjcmV0;"
SECRET = "whsec_" + base64.b64encode(bytes(24)).decode()
STRINGS = {
    "CosmosDB": COSMOS,
    "EventHub": EVENT_HUB,
    "ARCHIVE": STORAGE,
    "KEY_VAULT_URL": "https://vault.example.net/",
    "COSMOS_DATABASE": "EventSourcingDB",
    "EVENT_HUB_NAME": "domain-events",
}
IDENTITY = {
    "CosmosDB__accountEndpoint": "https://cosmos.example.net:443/",
    "CosmosDB__clientId": "an-identity",
    "EventHub__fullyQualifiedNamespace": "hubs.servicebus.windows.net",
    "ARCHIVE__blobServiceUri": "https://account.blob.core.windows.net/",
    "KEY_VAULT_URL": "https://vault.example.net/",
    "COSMOS_DATABASE": "EventSourcingDB",
    "EVENT_HUB_NAME": "domain-events",
}


def faults(environment: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as refusal:
        settings.read(environment)
    for fault in refusal.value.faults:
        assert fault in str(refusal.value)
    return refusal.value.faults


def test_connection_strings_are_taken() -> None:
    read = settings.read(STRINGS)
    assert read.cosmos == Connection(connection_string=COSMOS)
    assert read.event_hub == Connection(connection_string=EVENT_HUB)


def test_addresses_for_a_managed_identity_are_taken() -> None:
    read = settings.read(IDENTITY)
    assert read.cosmos == Connection(
        address="https://cosmos.example.net:443/", client_id="an-identity"
    )
    assert read.event_hub == Connection(address="hubs.servicebus.windows.net")


def test_what_is_not_set_has_its_default() -> None:
    read = settings.read(STRINGS)
    assert read.feed_poll_milliseconds == 1000
    assert read.http_auth == "keys"
    assert read.aggregate_cache_entries == 10_000
    assert read.snapshot_intervals == {}


def test_an_empty_setting_counts_as_not_set() -> None:
    empty = dict.fromkeys(set(settings.NAMES) - STRINGS.keys(), "")
    assert settings.read(STRINGS | empty) == settings.read(STRINGS)


def test_what_is_set_is_read() -> None:
    read = settings.read(
        STRINGS
        | {
            "FEED_POLL_MILLISECONDS": "200",
            "HTTP_AUTH": "platform",
            "AGGREGATE_CACHE_ENTRIES": "0",
            "AGGREGATE_CACHE_BYTES": "1024",
            "SNAPSHOT_INTERVALS": "Order=500, Product=50",
        }
    )
    assert read.feed_poll_milliseconds == 200
    assert read.http_auth == "platform"
    assert read.aggregate_cache_entries == 0
    assert read.aggregate_cache_bytes == 1024
    assert read.snapshot_intervals == {"Order": 500, "Product": 50}


def test_all_that_is_missing_is_told_at_once() -> None:
    found = faults({})
    for name in (
        "CosmosDB",
        "CosmosDB__accountEndpoint",
        "EventHub",
        "EventHub__fullyQualifiedNamespace",
        "ARCHIVE",
        "ARCHIVE__blobServiceUri",
        "KEY_VAULT_URL",
        "COSMOS_DATABASE",
        "EVENT_HUB_NAME",
    ):
        assert [fault for fault in found if name in fault]
    assert len(found) == 6


def test_of_the_two_forms_of_a_connection_one_is_expected() -> None:
    (fault,) = faults(STRINGS | {"CosmosDB__accountEndpoint": "https://cosmos.example.net/"})
    assert "CosmosDB__accountEndpoint" in fault
    assert "both" in fault


MALFORMED = {
    "CosmosDB": "AccountEndpoint=https://zzsecret.example.net;",
    "EventHub": "Endpoint=sb://zzsecret.example.net/",
    "ARCHIVE": "AccountName=zzsecret",
    "ARCHIVE_AFTER_DAYS": "zzsecret",
    "KEY_VAULT_URL": "zzsecret",
    "FEED_POLL_MILLISECONDS": "zzsecret",
    "HTTP_AUTH": "zzsecret",
    "AGGREGATE_CACHE_ENTRIES": "-zzsecret",
    "AGGREGATE_CACHE_BYTES": "zzsecret",
    "SNAPSHOT_INTERVALS": "zzsecret",
    "NOTIFICATION_WEBHOOKS": "ftp://zzsecret.example.net",
    "NOTIFICATION_SECRET": "whsec_zzsecret",
}


def test_all_that_is_malformed_is_told_at_once_by_name_and_no_value_is_shown() -> None:
    found = faults(STRINGS | MALFORMED)
    assert [fault.split()[0] for fault in found] == list(MALFORMED)
    assert all("expected" in fault for fault in found)
    assert "zzsecret" not in str(found)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CosmosDB__accountEndpoint", "cosmos.example.net"),
        ("CosmosDB__accountEndpoint", "https://"),
        ("CosmosDB__accountEndpoint", "https://[::1"),
        ("CosmosDB__accountEndpoint", "ftp://cosmos.example.net"),
        ("CosmosDB__accountEndpoint", "https://a℀b"),
        ("EventHub__fullyQualifiedNamespace", "hubs"),
        ("EventHub__fullyQualifiedNamespace", "sb://hubs.servicebus.windows.net"),
        ("EventHub__fullyQualifiedNamespace", "hubs.servicebus.windows.net:5671"),
        ("ARCHIVE__blobServiceUri", "account.blob.core.windows.net"),
        ("ARCHIVE__blobServiceUri", "https://[::1"),
        ("ARCHIVE__blobServiceUri", "file:"),
        ("ARCHIVE_AFTER_DAYS", "-1"),
        ("ARCHIVE_AFTER_DAYS", "6"),
        ("KEY_VAULT_URL", "http://vault.example.net/"),
        ("KEY_VAULT_URL", "https:///secrets"),
        ("KEY_VAULT_URL", "https://[::1"),
        ("KEY_VAULT_URL", "file:"),
        ("FEED_POLL_MILLISECONDS", "0"),
        ("FEED_POLL_MILLISECONDS", "60001"),
        ("FEED_POLL_MILLISECONDS", "1.5"),
        ("FEED_POLL_MILLISECONDS", "٣"),
        ("FEED_POLL_MILLISECONDS", "9" * 5000),
        ("HTTP_AUTH", "KEYS"),
        ("NOTIFICATION_WEBHOOKS", "a.example.net"),
        ("NOTIFICATION_WEBHOOKS", "https://a.example.net,"),
        ("NOTIFICATION_WEBHOOKS", "https://a.example.net,ftp://b"),
        ("NOTIFICATION_SECRET", SECRET.removeprefix("whsec_")),
        ("NOTIFICATION_SECRET", f"{SECRET},"),
        ("NOTIFICATION_SECRET", f"{SECRET}é"),
        ("READ_MODEL_CACHE", "AccountName=a"),
        ("READ_MODEL_CACHE", "usedevelopmentstorage"),
        ("READ_MODEL_CACHE__tableServiceUri", "a.table.core.windows.net"),
        ("SNAPSHOT_INTERVALS", "Order"),
        ("SNAPSHOT_INTERVALS", "Order=0"),
        ("SNAPSHOT_INTERVALS", "Order=-1"),
        ("SNAPSHOT_INTERVALS", "=5"),
        ("SNAPSHOT_INTERVALS", "Order=" + "9" * 5000),
    ],
    ids=lambda value: value[:40],
)
def test_a_malformed_setting_is_named(name: str, value: str) -> None:
    (fault,) = faults(IDENTITY | {"NOTIFICATION_SECRET": SECRET} | {name: value})
    assert fault.startswith(f"{name} is malformed: expected ")


@given(st.dictionaries(st.sampled_from(settings.NAMES), st.text(max_size=30)))
def test_whatever_the_environment_holds_settings_come_out_or_their_faults(
    environment: dict[str, str],
) -> None:
    for complete in (environment, STRINGS | environment, IDENTITY | environment):
        try:
            settings.read(complete)
        except SettingsError as refusal:
            named = [name for name in settings.NAMES if name in str(refusal)]
            assert named


def test_an_interval_for_no_aggregate_stops_the_start() -> None:
    read = settings.read(STRINGS | {"SNAPSHOT_INTERVALS": "Invoice=5,Order=5"})
    with pytest.raises(SettingsError, match=r"SNAPSHOT_INTERVALS names no aggregate: Invoice$"):
        Application(read)


def test_webhooks_are_read_with_the_secrets_that_sign_for_them() -> None:
    read = settings.read(
        STRINGS
        | {
            "NOTIFICATION_WEBHOOKS": "https://a.example.net/x?code=1, http://b:8080",
            "NOTIFICATION_SECRET": f"{SECRET}, {SECRET}",
        }
    )
    assert read.notification_webhooks == ("https://a.example.net/x?code=1", "http://b:8080")
    assert read.notification_secrets == (bytes(24), bytes(24))


@pytest.mark.parametrize(
    "connection_string",
    [
        "UseDevelopmentStorage=true",
        "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=a2V5;EndpointSuffix=core.windows.net",
        "TableEndpoint=https://a.table.core.windows.net;SharedAccessSignature=sv=2026&sig=x%3D",
    ],
)
def test_the_cache_is_there_where_storage_is_named(connection_string: str) -> None:
    assert settings.read(STRINGS).read_model_cache is None
    read = settings.read(STRINGS | {"READ_MODEL_CACHE": connection_string})
    assert read.read_model_cache == Connection(connection_string=connection_string)


def test_the_cache_takes_a_managed_identity() -> None:
    address = "https://a.table.core.windows.net"
    read = settings.read(
        IDENTITY | {"READ_MODEL_CACHE__tableServiceUri": address, "READ_MODEL_CACHE__clientId": "i"}
    )
    assert read.read_model_cache == Connection(address=address, client_id="i")


@pytest.mark.parametrize(
    ("given", "count"),
    [
        ({"READ_MODEL_CACHE__clientId": "i"}, "none"),
        (
            {
                "READ_MODEL_CACHE": "UseDevelopmentStorage=true",
                "READ_MODEL_CACHE__tableServiceUri": "https://a.table.core.windows.net",
            },
            "both",
        ),
    ],
)
def test_of_a_cache_there_is_one_form_too(given: dict[str, str], count: str) -> None:
    (fault,) = faults(STRINGS | given)
    assert "READ_MODEL_CACHE__tableServiceUri" in fault
    assert count in fault


def test_a_webhook_needs_a_secret() -> None:
    (fault,) = faults(STRINGS | {"NOTIFICATION_WEBHOOKS": "https://a.example.net"})
    assert fault.startswith("NOTIFICATION_SECRET is missing: NOTIFICATION_WEBHOOKS needs ")


@pytest.mark.parametrize("length", [0, 23, 65])
def test_a_secret_has_its_length(length: int) -> None:
    secret = "whsec_" + base64.b64encode(bytes(length)).decode()
    (fault,) = faults(STRINGS | {"NOTIFICATION_SECRET": secret})
    assert "24 to 64" in fault


def test_settings_are_frozen() -> None:
    with pytest.raises(AttributeError):
        settings.read(STRINGS).http_auth = "platform"  # type: ignore[misc]  # what is tested

"""App settings, and the connections that they name."""

import json
from pathlib import Path

import pytest
from azure.cosmos.aio import CosmosClient

from local.functions_host.connections import cosmos_connection, event_hub_connection
from local.functions_host.errors import MissingSetting, SettingsError
from local.functions_host.settings import effective_settings, resolve

ACCOUNT = "AccountEndpoint=https://h:1/;AccountKey=a2V5;"
NAMESPACE = "Endpoint=sb://h;SharedAccessKeyName=n;SharedAccessKey=k"


def test_the_file_fills_what_is_missing(tmp_path: Path) -> None:
    values = {"IsEncrypted": False, "Values": {"A": "file", "B": "file"}}
    (tmp_path / "local.settings.json").write_text(json.dumps(values))
    assert effective_settings(tmp_path, {"A": "given"}) == {"A": "given", "B": "file"}


def test_there_need_be_no_file(tmp_path: Path) -> None:
    assert effective_settings(tmp_path, {"A": "1"}) == {"A": "1"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not JSON"),
        ("[]", "object 'Values'"),
        ('{"Values": []}', "object 'Values'"),
        ('{"IsEncrypted": true, "Values": {}}', "encrypted"),
        ('{"Values": {"B": 1, "A": true, "C": "x"}}', "A, B"),
    ],
)
def test_a_malformed_file_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "local.settings.json").write_text(text)
    with pytest.raises(SettingsError, match=reason):
        effective_settings(tmp_path, {})


def test_names_between_percent_signs_are_replaced() -> None:
    assert resolve("a-%X%-%Y%", {"X": "1", "Y": "2"}) == "a-1-2"
    assert resolve("100%", {}) == "100%"
    with pytest.raises(MissingSetting, match="'%X%'"):
        resolve("%X%", {})


@pytest.mark.parametrize(
    "name", ["CosmosDB", "AzureWebJobsCosmosDB", "ConnectionStrings__CosmosDB"]
)
def test_an_account_is_found_by_its_connection_string(name: str) -> None:
    client = cosmos_connection("CosmosDB", {name: ACCOUNT})()
    assert isinstance(client, CosmosClient)
    assert client.client_connection.url_connection == "https://h:1/"


def test_services_are_found_by_endpoint_and_identity() -> None:
    cosmos_connection("C", {"C__accountEndpoint": "https://h/", "C__clientId": "id"})
    event_hub_connection("E", {"E__fullyQualifiedNamespace": "h.servicebus.windows.net"})


@pytest.mark.parametrize("settings", [{}, {"C": ""}, {"C": "AccountEndpoint=https://h/"}])
def test_a_missing_account_says_what_to_set(settings: dict[str, str]) -> None:
    with pytest.raises(MissingSetting, match=r"C__accountEndpoint|AccountKey"):
        cosmos_connection("C", settings)


@pytest.mark.parametrize("settings", [{}, {"E": "Endpoint=sb://h"}])
def test_a_missing_namespace_says_what_to_set(settings: dict[str, str]) -> None:
    with pytest.raises(MissingSetting, match=r"E__fullyQualifiedNamespace|SharedAccessKey"):
        event_hub_connection("E", settings)

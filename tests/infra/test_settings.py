"""The settings of the deployed app are those that the application reads."""

import re
from pathlib import Path

import msgspec
import pytest

import settings
from functions.principal import principal
from ops import connected
from ops.__main__ import COMMANDS
from projections.table_cache import TABLE
from settings import Settings
from tests.fakes.http import request, signed_in
from tests.infra.compiler import PARAMETERS
from tests.infra.deployment import deployment
from tests.rules.repository import ROOT

OF_THE_PLATFORM = {
    "AzureWebJobsStorage__accountName",
    "AzureWebJobsStorage__credential",
    "AzureWebJobsStorage__clientId",
    "CosmosDB__credential",
    "EventHub__credential",
    "AZURE_CLIENT_ID",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
    "PYTHON_ENABLE_OPENTELEMETRY",
}
"""What the host, its triggers and the SDKs read."""
CONNECTION_STRINGS = {
    name
    for name in settings.NAMES
    if any(other.startswith(f"{name}__") for other in settings.NAMES)
}
"""A deployed app signs in as an identity: it has none of them."""


def values(parameters: str) -> dict[str, str]:
    site = deployment(parameters).one("Microsoft.Web/sites/config", "appsettings")
    return dict(site.properties)


@pytest.mark.parametrize("parameters", PARAMETERS)
def test_the_app_is_told_every_setting_and_nothing_else(parameters: str) -> None:
    assert {"CosmosDB", "EventHub"} <= CONNECTION_STRINGS
    told = set(values(parameters)) - (OF_THE_PLATFORM - set(settings.NAMES))
    assert told == set(settings.NAMES) - CONNECTION_STRINGS


def told(parameters: str) -> Settings:
    """The settings as the application reads them; an address that only Azure knows is any address."""
    endpoint = (
        ".documentEndpoint]",
        ".primaryEndpoints.table]",
        ".primaryEndpoints.blob]",
        ".vaultUri]",
    )
    given = {
        name: "https://account.example/" if value.endswith(endpoint) else value
        for name, value in values(parameters).items()
    }
    assert given["APPLICATIONINSIGHTS_CONNECTION_STRING"].endswith(".ConnectionString]")
    return settings.read(given | {"APPLICATIONINSIGHTS_CONNECTION_STRING": "InstrumentationKey=0"})


@pytest.mark.parametrize("parameters", PARAMETERS)
def test_the_application_accepts_what_it_is_told(parameters: str) -> None:
    read = told(parameters)
    assert read.http_auth == "platform"
    assert read.cosmos.connection_string is None
    assert read.event_hub.connection_string is None
    assert read.event_hub.client_id == values(parameters)["AZURE_CLIENT_ID"]


@pytest.mark.parametrize("parameters", PARAMETERS)
def test_the_address_of_a_caller_is_the_one_that_the_gateway_saw(parameters: str) -> None:
    """The gateway's word is one entry, and the platform in front of the application appends the next."""
    headers = {**signed_in("ada"), "x-forwarded-for": "203.0.113.7, 10.40.1.4:443"}
    caller = principal(request(headers=headers), told(parameters))
    assert caller.ip_address == "203.0.113.7"


def test_the_cache_has_its_table() -> None:
    table = deployment("prod").one("Microsoft.Storage/storageAccounts/tableServices/tables")
    assert table.name.endswith(f"/{TABLE}")


def test_the_platforms_python_is_the_pinned_one() -> None:
    site = deployment("dev").one("Microsoft.Web/sites").properties
    pinned = (ROOT / ".python-version").read_text().strip()
    assert site["functionAppConfig"]["runtime"] == {"name": "python", "version": pinned}
    assert f"# Python {pinned}" in (ROOT / "azure.yaml").read_text()


def test_an_operators_settings_are_accepted_as_the_runbook_has_them(tmp_path: Path) -> None:
    """Whoever copies them fills in the names in angle brackets."""
    runbook = (ROOT / "docs/operations.md").read_text()
    (block,) = re.findall(r"^```json\n(\{\n.*?\n\})\n```$", runbook, re.MULTILINE | re.DOTALL)
    file = tmp_path / "settings.json"
    file.write_text(re.sub(r"<[a-z ]+>", "name", block))
    values = msgspec.json.decode(file.read_bytes(), type=connected.SettingsFile).values
    read = settings.read(values)
    resources = msgspec.json.decode((ROOT / "infra/resources.json").read_bytes())
    assert read.cosmos_database == resources["database"]
    assert read.event_hub_name == resources["eventHubs"][0]["name"]
    assert read.cosmos.connection_string is read.archive.connection_string is None


def test_every_command_of_an_operator_is_in_the_runbook() -> None:
    runbook = (ROOT / "docs/operations.md").read_text()
    listed = runbook.partition("## From the command line")[2].split("```")[1]
    named = re.findall(r"^python -m ops ([a-z-]+)", listed, re.MULTILINE)
    connect = {command for command in COMMANDS if hasattr(command, "connected")}
    assert set(named) == {command.__name__[4:].replace("_", "-") for command in connect}

"""The settings of the deployed app are those that the application reads."""

import pytest

import settings
from projections.table_cache import TABLE
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
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
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


@pytest.mark.parametrize("parameters", PARAMETERS)
def test_the_application_accepts_what_it_is_told(parameters: str) -> None:
    endpoint = (
        ".documentEndpoint]",
        ".primaryEndpoints.table]",
        ".primaryEndpoints.blob]",
        ".vaultUri]",
    )
    told = {
        name: "https://account.example/" if value.endswith(endpoint) else value
        for name, value in values(parameters).items()
    }
    read = settings.read(told)
    assert read.http_auth == "platform"
    assert read.cosmos.connection_string is None
    assert read.event_hub.connection_string is None
    assert read.event_hub.client_id == told["AZURE_CLIENT_ID"]


def test_the_cache_has_its_table() -> None:
    table = deployment("prod").one("Microsoft.Storage/storageAccounts/tableServices/tables")
    assert table.name.endswith(f"/{TABLE}")


def test_the_platforms_python_is_the_pinned_one() -> None:
    site = deployment("dev").one("Microsoft.Web/sites").properties
    pinned = (ROOT / ".python-version").read_text().strip()
    assert site["functionAppConfig"]["runtime"] == {"name": "python", "version": pinned}
    assert f"# Python {pinned}" in (ROOT / "azure.yaml").read_text()

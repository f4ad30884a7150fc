"""The names of settings are the same wherever they are named."""

from typing import Any

import msgspec

import settings
from tests.rules.repository import ROOT

OF_THE_HOST = {"FUNCTIONS_WORKER_RUNTIME", "AzureWebJobsStorage"}
CONNECTIONS = {
    "CosmosDB": {"CosmosDB__accountEndpoint", "CosmosDB__clientId"},
    "EventHub": {"EventHub__fullyQualifiedNamespace", "EventHub__clientId"},
}
"""Each connection string, and what stands for it with a managed identity."""


def document(name: str) -> Any:
    return msgspec.json.decode((ROOT / name).read_bytes())


def test_the_generated_resources_name_every_setting() -> None:
    assert document("infra/resources.json")["settings"] == list(settings.NAMES)


def test_the_example_names_every_setting_with_one_form_of_each_connection() -> None:
    named = set(document("local.settings.json.example")["Values"]) - OF_THE_HOST
    assert named <= set(settings.NAMES)
    missing = set(settings.NAMES) - named
    for connection_string, identity in CONNECTIONS.items():
        assert (connection_string in named) != bool(identity & named)
        missing -= identity | {connection_string}
    assert missing == set()


def test_the_example_is_right() -> None:
    read = settings.read(document("local.settings.json.example")["Values"])
    resources = document("infra/resources.json")
    assert read.cosmos_database == resources["database"]
    assert read.event_hub_name == resources["eventHubs"][0]["name"]


def test_no_name_is_listed_twice() -> None:
    assert len(set(settings.NAMES)) == len(settings.NAMES)


def test_the_source_reads_no_setting_that_is_not_listed() -> None:
    """Every name in capitals within the module's texts is one of the list."""
    source = (ROOT / "settings.py").read_text()
    for name in settings.NAMES:
        short = name.partition("__")[2] or name
        assert source.count(f'"{short}"') + source.count(f"__{short}") >= 1
    assert "os.environ" not in source

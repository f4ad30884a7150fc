"""The names of settings are the same wherever they are named."""

from typing import Any

import msgspec

import settings
from tests.fakes.app import ENVIRONMENT
from tests.rules.repository import ROOT

OF_THE_HOST = {"FUNCTIONS_WORKER_RUNTIME", "AzureWebJobsStorage"}
CONNECTIONS = {
    "CosmosDB": {"CosmosDB__accountEndpoint", "CosmosDB__clientId"},
    "ARCHIVE": {"ARCHIVE__blobServiceUri", "ARCHIVE__clientId"},
    "EventHub": {"EventHub__fullyQualifiedNamespace", "EventHub__clientId"},
    "READ_MODEL_CACHE": {"READ_MODEL_CACHE__tableServiceUri", "READ_MODEL_CACHE__clientId"},
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


class Recording(dict[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self, environment: dict[str, str]) -> None:
        super().__init__(environment)
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.add(name)
        return super().get(name, default)


def test_every_setting_that_is_read_is_listed_and_every_one_that_is_listed_is_read() -> None:
    environment = Recording(ENVIRONMENT)
    settings.read(environment)
    assert environment.asked == set(settings.NAMES)

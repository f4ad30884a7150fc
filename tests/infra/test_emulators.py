"""The official emulators are set up for what the application needs."""

import re

import msgspec
import pytest

import settings
from local import provision
from local.cosmos import EMULATOR_KEY, Cosmos, connection_string, serve
from ops.resources import resources
from tests.rules.repository import ROOT

COMPOSE = (ROOT / "docker-compose.yml").read_text()


def test_the_event_hubs_emulator_has_the_hub_and_every_consumer_group() -> None:
    config = msgspec.json.decode((ROOT / "infra/emulators/event-hubs.json").read_bytes())
    (namespace,) = config["UserConfig"]["NamespaceConfig"]
    (entity,) = namespace["Entities"]
    (hub,) = resources()["eventHubs"]
    assert entity["Name"] == hub["name"]
    assert entity["PartitionCount"] == str(hub["partitions"])
    assert [group["Name"] for group in entity["ConsumerGroups"]] == hub["consumerGroups"]
    assert "stream_analytics" in hub["consumerGroups"]


def test_it_stays_within_what_the_emulator_takes() -> None:
    """At most 10 hubs of 32 partitions and 20 consumer groups ("Event Hubs emulator", quotas)."""
    for hub in resources()["eventHubs"]:
        assert hub["partitions"] <= 32
        assert len(hub["consumerGroups"]) <= 20


def test_the_emulators_listen_on_this_machine_only() -> None:
    ports = re.findall(r'- "([^"]*:\d+)"', COMPOSE)
    assert len(ports) == 6
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_emulators_are_where_the_example_looks_for_them() -> None:
    example = msgspec.json.decode((ROOT / "local.settings.json.example").read_bytes())["Values"]
    read = settings.read(example)
    assert read.cosmos.connection_string is not None
    assert "127.0.0.1:8081" in read.cosmos.connection_string
    assert EMULATOR_KEY in read.cosmos.connection_string
    for port in ("8081:8081", "5672:5672", "10000:10000"):
        assert f'"127.0.0.1:{port}"' in COMPOSE


async def test_the_containers_can_be_made_in_any_account() -> None:
    cosmos = Cosmos()
    try:
        async with serve(cosmos) as server:
            address = connection_string(server.endpoint)
            made = await provision.provision(address)
            assert made == len(resources()["containers"])
            assert await provision.provision(address) == made
    finally:
        cosmos.close()


def test_a_malformed_connection_string_is_refused_and_not_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert provision.main(["a secret"]) == 1
    said = capsys.readouterr().err
    assert "AccountEndpoint=" in said
    assert "a secret" not in said
    assert provision.main([]) == 2

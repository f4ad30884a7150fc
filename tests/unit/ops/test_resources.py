"""What the application needs of Azure follows from its registries."""

from typing import Any

from ops.resources import EVENTS_INDEX, resources
from projections.registry import PROJECTIONS


def containers() -> dict[str, dict[str, Any]]:
    return {container["name"]: container for container in resources()["containers"]}


def test_events_have_their_keys_from_the_first_day() -> None:
    events = containers()["events"]
    assert events["partitionKey"] == ["/aggregateId"]
    assert events["uniqueKeys"] == [["/commandKey"]]
    assert "timeToLive" not in events
    paths = [path["path"] for path in events["indexingPolicy"]["includedPaths"]]
    assert paths == [f"{path}/?" for path in EVENTS_INDEX]
    assert set(EVENTS_INDEX) == {
        "/version",
        "/metadata/causationId",
        "/metadata/correlationId",
    }
    assert events["indexingPolicy"]["excludedPaths"] == [{"path": "/*"}]


def test_the_keys_are_those_of_the_design() -> None:
    keys = {name: container["partitionKey"] for name, container in containers().items()}
    assert keys["snapshots"] == ["/aggregateId"]
    assert keys["leases"] == ["/id"]
    assert keys["order_read_model"] == keys["product_read_model"] == ["/pk"]


def test_every_projection_has_its_container_and_its_group() -> None:
    (hub,) = resources()["eventHubs"]
    assert hub["name"] == "domain-events"
    assert hub["partitions"] == 4
    for view in PROJECTIONS:
        assert view.container in containers()
        assert view.group in hub["consumerGroups"]
    assert len(set(hub["consumerGroups"])) == len(hub["consumerGroups"])


def test_no_container_is_named_twice() -> None:
    assert len(containers()) == len(resources()["containers"])

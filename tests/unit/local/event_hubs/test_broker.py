"""Hubs over one log, without AMQP."""

from pathlib import Path

import pytest

from local.event_hubs import EventHubs, FolderInUse, HubSpec
from local.event_hubs.faults import Delay, DropAfterStore, DropBeforeStore, Faults, Reject


def test_a_folder_serves_one_at_a_time(tmp_path: Path) -> None:
    with (
        EventHubs([HubSpec("events")], tmp_path),
        pytest.raises(FolderInUse, match=r"served by another Event Hubs server \(process \d+\)"),
    ):
        EventHubs([HubSpec("events")], tmp_path)
    EventHubs([HubSpec("events")], tmp_path).close()


def test_a_failed_start_lets_go_of_the_folder(tmp_path: Path) -> None:
    EventHubs([HubSpec("events", partitions=4)], tmp_path).close()
    with pytest.raises(ValueError, match="has 4 partitions, 2 were asked for"):
        EventHubs([HubSpec("events", partitions=2)], tmp_path)
    EventHubs([HubSpec("events", partitions=4)], tmp_path).close()


def test_a_hub_is_found_in_any_case_with_its_groups_and_partitions() -> None:
    with EventHubs([HubSpec("Events", 2, ("Readers",))]) as event_hubs:
        hub = event_hubs.hub("EVENTS")
        assert hub is not None
        assert hub.has_group("$default")
        assert hub.has_group("readers")
        assert not hub.has_group("others")
        assert hub.partition("1") is hub.partitions[1]
        assert [hub.partition(id_) for id_ in ("2", "-1", "01", "", "9" * 5000)] == [None] * 5


def test_without_a_key_the_partitions_take_turns_and_with_one_they_do_not() -> None:
    with EventHubs([HubSpec("events", 3)]) as event_hubs:
        (hub,) = event_hubs.hubs
        assert sorted(hub.partition_for(None).id for _ in range(6)) == [0, 0, 1, 1, 2, 2]
        assert len({hub.partition_for("key").id for _ in range(6)}) == 1


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (lambda: HubSpec(""), "name is not empty"),
        (lambda: HubSpec("a/b"), "holds no '/'"),
        (lambda: HubSpec("a", partitions=0), "partitions must be 1 to 1024"),
        (lambda: HubSpec("a", retention_hours=0), "retention_hours must be above 0"),
        (lambda: EventHubs([HubSpec("a"), HubSpec("A")]), "upper and lower case"),
    ],
)
def test_what_is_declared_wrong_is_refused_by_name(spec: object, message: str) -> None:
    assert callable(spec)
    with pytest.raises(ValueError, match=message):
        spec()


def test_faults_are_used_up_in_order_by_the_sends_that_they_are_for() -> None:
    faults = Faults()
    faults.reject_sends(hub="Events", partition=1, times=2, condition="com.microsoft:timeout")
    faults.drop_before_store(hub="events")
    faults.drop_after_store(hub="events")
    faults.delay(hub="other", seconds=3)
    assert faults.take("events", 1) == Reject("com.microsoft:timeout")
    assert faults.take("events", 0) == DropBeforeStore()
    assert faults.take("events", 1) == Reject("com.microsoft:timeout")
    assert faults.take("events", 1) == DropAfterStore()
    assert faults.take("events", 1) is None
    assert faults.take("other", 0) == Delay(3)


def test_cleared_faults_are_gone() -> None:
    faults = Faults()
    faults.reject_sends(hub="events", times=5)
    faults.clear()
    assert faults.take("events", 0) is None

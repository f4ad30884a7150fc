"""Who may read a partition."""

from dataclasses import dataclass, field

import pytest

from local.event_hubs.amqp.errors import LinkFault
from local.event_hubs.readers import Readers


@dataclass(eq=False)
class FakeReader:
    epoch: int | None = None
    position: int = -1
    displaced: list[str] = field(default_factory=list)

    def displace(self, description: str) -> None:
        self.displaced.append(description)


@pytest.fixture
def readers() -> Readers:
    return Readers("partition '0' of hub 'events'")


def admitted(readers: Readers, *epochs: int | None) -> list[FakeReader]:
    present = [FakeReader(epoch) for epoch in epochs]
    for reader in present:
        readers.admit("group", reader)
    return present


def test_five_readers_share_a_partition_and_the_sixth_is_refused(readers: Readers) -> None:
    present = admitted(readers, None, None, None, None, None)
    with pytest.raises(LinkFault, match="which is 5") as caught:
        readers.admit("group", FakeReader())
    assert caught.value.condition == "amqp:resource-limit-exceeded"
    readers.leave("group", present[0])
    readers.admit("group", FakeReader())


def test_each_group_has_its_own_five(readers: Readers) -> None:
    admitted(readers, None, None, None, None, None)
    readers.admit("other", FakeReader())


def test_a_group_tells_how_far_its_readers_are(readers: Readers) -> None:
    present = admitted(readers, None, None)
    present[0].position = 4
    assert readers.positions("group") == [4, -1]
    assert readers.positions("other") == []
    readers.leave("group", present[0])
    assert readers.positions("group") == [-1]


@pytest.mark.parametrize("epoch", [7, 8])
def test_an_owner_gives_way_to_an_equal_or_a_higher_epoch(readers: Readers, epoch: int) -> None:
    old, new = admitted(readers, 7, epoch)
    assert f"epoch of '{epoch}'" in old.displaced[0]
    assert new.displaced == []


def test_readers_that_share_give_way_to_an_owner(readers: Readers) -> None:
    first, second, _ = admitted(readers, None, None, 0)
    assert first.displaced
    assert second.displaced


@pytest.mark.parametrize("epoch", [6, None])
def test_a_lower_epoch_and_none_are_refused_while_the_owner_is_there(
    readers: Readers, epoch: int | None
) -> None:
    (owner,) = admitted(readers, 7)
    with pytest.raises(LinkFault, match="epoch '7' owns") as caught:
        readers.admit("group", FakeReader(epoch))
    assert caught.value.condition == "amqp:link:stolen"
    assert owner.displaced == []
    readers.leave("group", owner)
    readers.admit("group", FakeReader(epoch))


def test_a_displaced_reader_can_leave_again_without_harm(readers: Readers) -> None:
    old, new = admitted(readers, 1, 2)
    readers.leave("group", old)
    with pytest.raises(LinkFault):
        readers.admit("group", FakeReader(1))
    readers.leave("group", new)

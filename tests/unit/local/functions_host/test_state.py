"""What a host remembers."""

from pathlib import Path

import pytest

from local.functions_host.checkpoints import Checkpoints
from local.functions_host.errors import DataFolderInUse
from local.functions_host.state import State


def test_what_is_written_is_there_when_the_folder_is_opened_again(tmp_path: Path) -> None:
    with State(tmp_path / "new") as state:
        state.write("lease", "f", "0", "old")
        state.write("lease", "f", "0", "new")
        state.write("lease", "other", "0", "x")
        state.write("timer", "f", "0", "y")
    with State(tmp_path / "new") as state:
        assert state.read("lease", "f") == {"0": "new"}
        assert state.read("lease", "nobody") == {}


def test_a_folder_has_one_owner_until_it_lets_go(tmp_path: Path) -> None:
    with State(tmp_path), pytest.raises(DataFolderInUse, match="Another Functions host"):
        State(tmp_path)
    State(tmp_path).close()


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "functions.db").write_text("not a database" * 100)
    with pytest.raises(DataFolderInUse, match="not a database"):
        State(tmp_path)


async def test_checkpoints_are_kept_by_hub_group_and_partition(tmp_path: Path) -> None:
    where = {"fully_qualified_namespace": "n", "eventhub_name": "h", "consumer_group": "g"}
    checkpoint = {**where, "partition_id": "3", "offset": "70", "sequence_number": 7}
    with State(tmp_path) as state:
        await Checkpoints(state, "f").update_checkpoint(checkpoint)
    with State(tmp_path) as state:
        assert await Checkpoints(state, "f").list_checkpoints("n", "h", "g") == [checkpoint]
        assert await Checkpoints(state, "f").list_checkpoints("n", "h", "other") == []
        assert await Checkpoints(state, "other").list_checkpoints("n", "h", "g") == []


async def test_every_claim_is_granted_and_listed(tmp_path: Path) -> None:
    with State(tmp_path) as state:
        checkpoints = Checkpoints(state, "f")
        (granted,) = await checkpoints.claim_ownership([{"partition_id": "0", "owner_id": "me"}])
        assert list(await checkpoints.list_ownership("n", "h", "g")) == [granted]
    assert granted["owner_id"] == "me"

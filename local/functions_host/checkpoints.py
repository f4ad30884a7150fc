"""The SDK's checkpoint store on the data folder: checkpoints durable, ownership in memory."""

import json
import time
import uuid
from collections.abc import Iterable
from typing import Any

from azure.eventhub.aio import CheckpointStore

from local.functions_host.state import State


class Checkpoints(CheckpointStore):
    """For one function: nobody else claims its partitions, the data folder has one host."""

    def __init__(self, state: State, owner: str) -> None:
        self._state = state
        self._owner = owner
        self._claims: dict[str, dict[str, Any]] = {}

    async def list_ownership(
        self, fully_qualified_namespace: str, eventhub_name: str, consumer_group: str, **_: Any
    ) -> Iterable[dict[str, Any]]:
        """What this process claimed."""
        return list(self._claims.values())

    async def claim_ownership(
        self, ownership_list: Iterable[dict[str, Any]], **_: Any
    ) -> Iterable[dict[str, Any]]:
        """Every claim is granted."""
        granted = [
            {**claim, "etag": str(uuid.uuid4()), "last_modified_time": time.time()}
            for claim in ownership_list
        ]
        self._claims.update({claim["partition_id"]: claim for claim in granted})
        return granted

    async def update_checkpoint(self, checkpoint: dict[str, Any], **_: Any) -> None:
        """Keep the position after a batch that came to its end."""
        position = {name: checkpoint[name] for name in ("offset", "sequence_number")}
        self._state.write("checkpoint", self._owner, _part(checkpoint), json.dumps(position))

    async def list_checkpoints(
        self, fully_qualified_namespace: str, eventhub_name: str, consumer_group: str, **_: Any
    ) -> Iterable[dict[str, Any]]:
        """The positions to go on from."""
        found = []
        for part, text in self._state.read("checkpoint", self._owner).items():
            hub, group, partition = json.loads(part)
            if (hub, group) == (eventhub_name, consumer_group):
                found.append(
                    {
                        "fully_qualified_namespace": fully_qualified_namespace,
                        "eventhub_name": hub,
                        "consumer_group": group,
                        "partition_id": partition,
                        **json.loads(text),
                    }
                )
        return found


def _part(checkpoint: dict[str, Any]) -> str:
    names = ("eventhub_name", "consumer_group", "partition_id")
    return json.dumps([checkpoint[name] for name in names])

"""An Event Hubs producer in memory: what is sent to which partition, and how many sends are under way."""

import asyncio
from typing import Any


class FakeBatch:
    """Takes a number of events, then refuses as the SDK's batch does."""

    def __init__(self, partition_id: str, room: int) -> None:
        self.partition_id = partition_id
        self.room = room
        self.events: list[Any] = []

    def add(self, event: Any) -> None:
        if len(self.events) == self.room:
            raise ValueError("EventDataBatch has reached its size limit")
        self.events.append(event)


class FakeProducer:
    """`failures` maps a partition to what its sends raise; `room` is that of a batch in events."""

    def __init__(
        self,
        partitions: int = 4,
        room: int = 100,
        failures: dict[str, BaseException] | None = None,
    ) -> None:
        self.partitions = [str(index) for index in range(partitions)]
        self.room = room
        self.failures = failures or {}
        self.sent: dict[str, list[Any]] = {partition: [] for partition in self.partitions}
        self.sends: list[int] = []
        self.running: dict[str, int] = dict.fromkeys(self.partitions, 0)
        self.most_per_partition = 0
        self.most_at_once = 0
        self.asked_for_partitions = 0

    async def get_partition_ids(self) -> list[str]:
        self.asked_for_partitions += 1
        return self.partitions

    async def create_batch(self, *, partition_id: str) -> FakeBatch:
        await asyncio.sleep(0)
        return FakeBatch(partition_id, self.room)

    async def send_batch(self, batch: FakeBatch) -> None:
        partition = batch.partition_id
        self.running[partition] += 1
        self.most_per_partition = max(self.most_per_partition, self.running[partition])
        self.most_at_once = max(self.most_at_once, sum(map(bool, self.running.values())))
        await asyncio.sleep(0)
        self.running[partition] -= 1
        if partition in self.failures:
            raise self.failures[partition]
        self.sends.append(len(batch.events))
        self.sent[partition].extend(batch.events)

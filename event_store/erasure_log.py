"""The erasures on record, a blob each: apart from Cosmos DB, so that no restore of it undoes one."""

from collections.abc import AsyncIterator

import msgspec

from event_store.blobs import Blobs
from privacy.erasure import ErasureRecord


class BlobErasureLog:
    """Implements privacy.erasure.ErasureLog. Every method raises StoreUnavailable."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    async def append(self, record: ErasureRecord) -> None:
        """The blob is named for the key: its first record stays."""
        name = f"{record.subject}/{record.key_id or 'no-key'}.json"
        await self._blobs.put(name, msgspec.json.encode(record))

    async def all(self) -> AsyncIterator[ErasureRecord]:
        async for name in self._blobs.names():
            content = await self._blobs.read(name)
            if content is not None:
                yield msgspec.json.decode(content, type=ErasureRecord)

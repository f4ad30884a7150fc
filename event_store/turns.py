"""One command at a time for an aggregate within this process: first come, first served."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary


class Turns:
    """Commands of one stream would only conflict with each other: here they wait instead.

    What is left to the conditional append is other processes. Locks vanish with their last holder.
    """

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def take(self, stream: str) -> AsyncIterator[None]:
        lock = self._locks.get(stream)
        if lock is None:
            self._locks[stream] = lock = asyncio.Lock()
        async with lock:
            yield

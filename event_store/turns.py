"""One command at a time for an aggregate within this process: first come, first served."""

import asyncio
from weakref import WeakValueDictionary


class Turns:
    """Commands of one stream would only conflict with each other: here they wait instead.

    What is left to the conditional append is other processes. Locks vanish with their last holder.
    """

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def of(self, stream: str) -> asyncio.Lock:
        """What a command of the stream holds while it runs."""
        lock = self._locks.get(stream)
        if lock is None:
            self._locks[stream] = lock = asyncio.Lock()
        return lock

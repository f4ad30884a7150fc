"""The end of a host, in the two moments that a pump has to know."""

import asyncio
import contextlib


class Shutdown:
    """`began`: nothing is checkpointed any more. `closed`: no batch starts any more."""

    def __init__(self) -> None:
        self.began = asyncio.Event()
        self.closed = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        """Wait, but no longer than until `closed`."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.closed.wait(), seconds)

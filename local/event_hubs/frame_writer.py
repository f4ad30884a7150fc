"""Outgoing bytes: frames gather until the event loop comes round, so that one write carries many."""

import asyncio

FLUSH_BYTES = 64 * 1024
# Unsent bytes beyond which the connection stops producing more (`pause_writing`).
WRITE_BUFFER_BYTES = 512 * 1024


class FrameWriter:
    """Writes to a transport; does nothing once that is closing."""

    def __init__(self, loop: asyncio.AbstractEventLoop, transport: asyncio.Transport) -> None:
        transport.set_write_buffer_limits(high=WRITE_BUFFER_BYTES)
        self._loop = loop
        self._transport = transport
        self._gathered: list[bytes] = []
        self._size = 0

    def write(self, encoded: bytes) -> None:
        if not self._gathered:
            self._loop.call_soon(self.flush)
        self._gathered.append(encoded)
        self._size += len(encoded)
        if self._size >= FLUSH_BYTES:
            self.flush()

    def flush(self) -> None:
        if self._gathered and not self._transport.is_closing():
            self._transport.write(b"".join(self._gathered))
        self._gathered.clear()
        self._size = 0

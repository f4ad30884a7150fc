"""An AMQP client that does exactly what a test says, right or wrong."""

import asyncio
from dataclasses import dataclass
from typing import Self

from local.event_hubs.amqp import frames
from local.event_hubs.amqp.decoding import decode
from local.event_hubs.amqp.encoding import encode, encode_list
from local.event_hubs.amqp.messages import BATCH_FORMAT
from local.event_hubs.amqp.values import Described, Long, Symbol, SymbolArray, UInt, UShort

OPEN, BEGIN, ATTACH, FLOW, TRANSFER, DISPOSITION, DETACH, END, CLOSE = range(0x10, 0x19)
PATIENCE = 5.0


@dataclass(frozen=True, slots=True)
class Received:
    """A frame of the server's: descriptor, fields, payload."""

    channel: int
    code: int
    fields: list[object]
    payload: bytes
    size: int = 0

    @property
    def condition(self) -> str | None:
        """The error condition that the frame carries, in a rejected outcome too."""
        for field in self.fields:
            reason = field
            if isinstance(reason, Described) and reason.descriptor == 0x25:
                assert isinstance(reason.value, list)
                reason = reason.value[0]
            if isinstance(reason, Described) and reason.descriptor == 0x1D:
                assert isinstance(reason.value, list)
                return str(reason.value[0])
        return None


class RawClient:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(
        cls, port: int, *, max_frame_size: int = 65536, idle_time_out: int | None = None
    ) -> Self:
        """Open a connection without SASL."""
        client = cls(*await asyncio.open_connection("127.0.0.1", port))
        client.writer.write(frames.AMQP_HEADER)
        idle = None if idle_time_out is None else UInt(idle_time_out)
        client.send(0, OPEN, "raw", None, UInt(max_frame_size), UShort(100), idle)
        assert await client.reader.readexactly(8) == frames.AMQP_HEADER
        await client.expect(OPEN)
        return client

    async def begin(
        self, *, window: int = 1000, channel: int = 1, next_outgoing_id: int = 0
    ) -> None:
        limits = (UInt(next_outgoing_id), UInt(window), UInt(1000), UInt(100))
        self.send(channel, BEGIN, None, *limits)
        await self.expect(BEGIN)

    def attach(
        self,
        handle: int,
        *,
        source: str = "",
        target: str = "",
        receiver: bool,
        selector: str | None = None,
        epoch: int | None = None,
        initial_delivery_count: int = 0,
        desired: str | None = None,
        channel: int = 1,
    ) -> None:
        """Send an ATTACH; the answer is the caller's to read."""
        name = Symbol("apache.org:selector-filter:string")
        filters = {name: Described(name, selector)} if selector else None
        properties = None if epoch is None else {Symbol("com.microsoft:epoch"): Long(epoch)}
        count = None if receiver else UInt(initial_delivery_count)
        self.send(
            channel,
            ATTACH,
            f"link-{channel}-{handle}-{receiver}",
            UInt(handle),
            receiver,
            None,
            None,
            Described(0x28, [source, *[None] * 6, filters]),
            Described(0x29, [target]),
            None,
            None,
            count,
            None,
            None,
            SymbolArray((desired,)) if desired else None,
            properties,
        )

    async def attach_sender(
        self, handle: int, target: str, *, initial_delivery_count: int = 0
    ) -> Received:
        """Attach for sending; answer the first FLOW, which grants credit."""
        self.attach(
            handle, target=target, receiver=False, initial_delivery_count=initial_delivery_count
        )
        await self._expect_attached()
        return await self.expect(FLOW)

    async def attach_receiver(
        self, handle: int, source: str, *, selector: str | None = None, epoch: int | None = None
    ) -> None:
        self.attach(handle, source=source, receiver=True, selector=selector, epoch=epoch)
        await self._expect_attached()

    async def _expect_attached(self) -> None:
        attached = await self.expect(ATTACH)
        assert attached.fields[5] is not None, "the link was refused"

    def transfer(
        self,
        handle: int,
        delivery_id: int,
        payload: bytes,
        *,
        more: bool = False,
        aborted: bool = False,
        settled: bool = False,
        batch: bool = False,
    ) -> None:
        message_format = UInt(BATCH_FORMAT if batch else 0)
        self.send(
            1,
            TRANSFER,
            UInt(handle),
            UInt(delivery_id),
            delivery_id.to_bytes(4),
            message_format,
            settled,
            more,
            *[None] * 3,
            aborted,
            payload=payload,
        )

    def flow(
        self,
        handle: int | None = None,
        *,
        credit: int | None = None,
        delivery_count: int = 0,
        next_incoming_id: int = 0,
        window: int = 1000,
        drain: bool = False,
        echo: bool = False,
    ) -> None:
        session = (UInt(next_incoming_id), UInt(window), UInt(0), UInt(1000))
        link = [
            None if value is None else UInt(value) for value in (handle, delivery_count, credit)
        ]
        if handle is None:
            link = [None, None, None]
        self.send(1, FLOW, *session, *link, None, drain, echo)

    def send(self, channel: int, code: int, *fields: object, payload: bytes = b"") -> None:
        body = b"\x00\x53" + bytes((code,)) + encode_list(fields)
        self.writer.write(frames.frame(channel, body, payload))

    async def receive(self, patience: float = PATIENCE) -> Received | None:
        """The next frame, heartbeats included (code 0); None at the end of the stream."""
        async with asyncio.timeout(patience):
            try:
                prefix = await self.reader.readexactly(8)
            except asyncio.IncompleteReadError:
                return None
            size, channel = int.from_bytes(prefix[:4]), int.from_bytes(prefix[6:])
            body = await self.reader.readexactly(size - 8)
        if not body:
            return Received(channel, 0, [], b"")
        composite, end = decode(body)
        assert isinstance(composite, Described)
        assert isinstance(composite.descriptor, int)
        assert isinstance(composite.value, list)
        return Received(channel, composite.descriptor, composite.value, body[end:], size)

    async def expect(self, code: int) -> Received:
        """The next frame, which must be of this kind."""
        received = await self.receive()
        assert received is not None, f"expected 0x{code:02x}, the stream ended"
        assert received.code == code, f"expected 0x{code:02x}, got {received}"
        return received

    async def nothing_more_than(self, *codes: int) -> None:
        """No frame of another kind is under way: an echo is answered first, or with those before it."""
        self.flow(echo=True)
        while (received := await self.receive()) is not None:
            assert received.code in (*codes, FLOW), received
            if received.code == FLOW and received.fields[4] is None:
                return

    async def close(self) -> None:
        self.writer.close()
        await self.writer.wait_closed()


def data(body: bytes) -> bytes:
    """A message that is one data section."""
    return encode(Described(0x75, body))


def batch(*messages: bytes, key: str | None = None) -> bytes:
    annotations = {Symbol("x-opt-partition-key"): key} if key else {}
    return encode(Described(0x72, annotations)) + b"".join(map(data, messages))


def request(message_id: object, reply_to: str | None, **properties: object) -> bytes:
    """A message for a request node."""
    head = encode(Described(0x73, [message_id, None, None, None, reply_to]))
    return head + encode(Described(0x74, properties))

"""A session: transfer windows in both directions, and the links in it."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from local.event_hubs.amqp import frames
from local.event_hubs.amqp.errors import (
    HANDLE_IN_USE,
    NOT_IMPLEMENTED,
    UNATTACHED_HANDLE,
    WINDOW_VIOLATION,
    LinkFault,
    SessionFault,
)
from local.event_hubs.amqp.performatives import (
    Attach,
    Begin,
    Detach,
    Disposition,
    Flow,
    Performative,
    Transfer,
    attach_echo,
)
from local.event_hubs.amqp.serial_numbers import advanced, distance
from local.event_hubs.intake import Intake
from local.event_hubs.link import MAX_MESSAGE_BYTES, Link
from local.event_hubs.outgoing_link import OutgoingLink

INCOMING_WINDOW = 5000
OUTGOING_WINDOW = 0x7FFFFFFF
HANDLE_MAX = 4999
SETTLED = 1


class Transport(Protocol):
    """What a session needs of its connection."""

    @property
    def may_write(self) -> bool:
        """False while the client does not read what it was sent."""
        ...

    @property
    def peer_max_frame_size(self) -> int: ...

    @property
    def intake(self) -> Intake: ...

    def send(self, channel: int, performative: bytes, payload: bytes = b"") -> None: ...

    def abort(self) -> None:
        """Cut the connection without a word."""
        ...


class Session:
    """Frames for one channel. The server uses the client's channel and handle numbers for its own."""

    def __init__(
        self,
        transport: Transport,
        channel: int,
        begin: Begin,
        open_link: Callable[["Session", Attach], Link],
    ) -> None:
        self.transport = transport
        self._channel = channel
        self._open_link = open_link
        self._links: dict[int, Link] = {}
        # Detached by the server; the client may go on using the handle until it has seen that.
        self._detached: set[int] = set()
        self._ended = False
        self._next_incoming_id = begin.next_outgoing_id
        self._incoming_window = INCOMING_WINDOW
        self._next_outgoing_id = 0
        self._remote_incoming_window = begin.incoming_window
        self._next_delivery_id = 0
        self.send(frames.begin(channel, INCOMING_WINDOW, OUTGOING_WINDOW, HANDLE_MAX))

    @property
    def may_transfer(self) -> bool:
        return not self._ended and self._remote_incoming_window > 0 and self.transport.may_write

    def windows(self) -> frames.SessionWindows:
        return frames.SessionWindows(
            self._next_incoming_id, self._incoming_window, self._next_outgoing_id, OUTGOING_WINDOW
        )

    def on_frame(self, performative: Performative, payload: bytes, body: bytes) -> None:
        """Handle a frame of this session; `body` is the whole of it.

        Raises SessionFault when the session can't go on.
        """
        match performative:
            case Transfer():
                self._on_transfer(performative, payload)
            case Flow():
                self._on_flow(performative)
            case Attach():
                self._on_attach(performative, body)
            case Detach():
                self._on_detach(performative)
            case Disposition():
                pass  # The server's own transfers are settled: there is nothing left to decide.
            case _:
                name = type(performative).__name__.lower()
                raise SessionFault(NOT_IMPLEMENTED, f"{name} has no place in a session")

    def send(self, performative: bytes) -> None:
        if not self._ended:
            self.transport.send(self._channel, performative)

    def transfer(self, performative: bytes, payload: bytes) -> None:
        """Send one transfer frame; `may_transfer` must be true."""
        self._next_outgoing_id = advanced(self._next_outgoing_id)
        self._remote_incoming_window -= 1
        self.transport.send(self._channel, performative, payload)

    def next_delivery_id(self) -> int:
        delivery_id = self._next_delivery_id
        self._next_delivery_id = advanced(delivery_id)
        return delivery_id

    def room_for_payload(self, performative: bytes) -> int:
        """How much of a message fits in a frame behind its performative."""
        return self.transport.peer_max_frame_size - len(frames.frame(0, performative))

    def call_soon(self, callback: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_soon(callback)

    def detach(self, link: Link, fault: LinkFault) -> None:
        """Detach a link from the server's side."""
        if self._links.pop(link.handle, None) is not None:
            link.on_closed()
            self._detached.add(link.handle)
            self.send(frames.detach(link.handle, frames.error(fault.condition, fault.description)))

    def pump(self) -> None:
        """Let every link send what it may."""
        for link in list(self._links.values()):
            link.pump()

    def close(self) -> None:
        """Let go of all links: the session is over, however it ended."""
        self._ended = True
        links, self._links = self._links, {}
        for link in links.values():
            link.on_closed()

    def _on_attach(self, attach: Attach, body: bytes) -> None:
        if attach.handle in self._links:
            raise SessionFault(HANDLE_IN_USE, f"handle {attach.handle} is attached already")
        self._detached.discard(attach.handle)
        try:
            link = self._open_link(self, attach)
        except LinkFault as fault:
            self._refuse(attach, fault)
            return
        self._links[attach.handle] = link
        self.send(self._attach_answer(attach, link, body))
        link.start()

    def _attach_answer(self, attach: Attach, link: Link, body: bytes) -> bytes:
        settle_mode = SETTLED if isinstance(link, OutgoingLink) else attach.snd_settle_mode
        return frames.AttachAnswer(
            name=attach.name,
            handle=attach.handle,
            server_receives=not attach.client_receives,
            snd_settle_mode=settle_mode,
            max_message_size=MAX_MESSAGE_BYTES,
            **attach_echo(body),
        ).encoded()

    def _refuse(self, attach: Attach, fault: LinkFault) -> None:
        self._detached.add(attach.handle)
        server_receives = not attach.client_receives
        self.send(frames.refusing_attach(attach.name, attach.handle, server_receives))
        self.send(frames.detach(attach.handle, frames.error(fault.condition, fault.description)))

    def _on_detach(self, detach: Detach) -> None:
        link = self._links.pop(detach.handle, None)
        if link is not None:
            link.on_closed()
            self.send(frames.detach(detach.handle))
        # One for a handle that the server detached is the client's answer.
        self._detached.discard(detach.handle)

    def _on_flow(self, flow: Flow) -> None:
        # Without next-incoming-id the client has not seen the BEGIN yet, which said 0.
        known = flow.next_incoming_id or 0
        self._remote_incoming_window = max(
            0, flow.incoming_window - distance(known, self._next_outgoing_id)
        )
        if flow.handle is None:
            if flow.echo:
                self.send(frames.session_flow(self.windows()))
        elif link := self._attached(flow.handle):
            link.on_flow(flow)
        self.pump()

    def _on_transfer(self, transfer: Transfer, payload: bytes) -> None:
        if self._incoming_window == 0:
            raise SessionFault(WINDOW_VIOLATION, "a transfer was sent into a closed window")
        self._next_incoming_id = advanced(self._next_incoming_id)
        self._incoming_window -= 1
        link = self._attached(transfer.handle)
        if link is not None:
            try:
                link.on_transfer(transfer, payload)
            except LinkFault as fault:
                self.detach(link, fault)
        if self._incoming_window <= INCOMING_WINDOW // 2:
            self._incoming_window = INCOMING_WINDOW
            self.send(frames.session_flow(self.windows()))

    def _attached(self, handle: int) -> Link | None:
        """The link of a handle; None when the server has just detached it."""
        link = self._links.get(handle)
        if link is None and handle not in self._detached:
            raise SessionFault(UNATTACHED_HANDLE, f"no link is attached to handle {handle}")
        return link

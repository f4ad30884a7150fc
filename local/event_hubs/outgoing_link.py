"""A link on which the client receives: messages become transfers, as far as credit, window and socket allow."""

from abc import abstractmethod
from collections import deque
from typing import TYPE_CHECKING

from local.event_hubs.amqp import frames
from local.event_hubs.amqp.errors import NOT_ALLOWED, LinkFault
from local.event_hubs.amqp.performatives import Attach, Flow, Transfer
from local.event_hubs.amqp.serial_numbers import advanced, distance
from local.event_hubs.link import Link

if TYPE_CHECKING:
    from local.event_hubs.session import Session

# Transfers that one link sends before the event loop looks after the others.
TURN = 128


class OutgoingLink(Link):
    """Asks `next_message` for messages while the client wants them. Transfers are sent settled."""

    def __init__(self, session: "Session", attach: Attach) -> None:
        super().__init__(session, attach)
        self._delivery_count = 0
        self._credit = 0
        self._drain = False
        self._closed = False
        self._turn_is_due = False
        # The frames of a message that the session's window cut short.
        self._rest: deque[tuple[bytes, bytes]] = deque()

    @abstractmethod
    def next_message(self) -> bytes | None:
        """The next message to send, None when there is none now."""

    def start(self) -> None:
        """Nothing is sent before the client gives credit."""

    def on_flow(self, flow: Flow) -> None:
        if flow.link_credit is not None:
            # link-credit counts from the delivery-count that the client knew when it wrote the frame.
            in_flight = distance(flow.delivery_count or 0, self._delivery_count)
            self._credit = max(0, flow.link_credit - in_flight)
        self._drain = bool(flow.drain)
        self.pump()
        if flow.echo and not flow.drain:
            self._send_flow()

    def on_transfer(self, transfer: Transfer, payload: bytes) -> None:
        raise LinkFault(NOT_ALLOWED, f"link '{self.name}' is for receiving")

    def on_closed(self) -> None:
        self._closed = True
        self._drain = False
        self._rest.clear()

    def pump(self) -> None:
        for _ in range(TURN):
            if not self._send_one():
                break
        else:
            self._take_another_turn()
            return
        if self._drain and self.session.may_transfer and not self._rest:
            self._finish_drain()

    def _send_one(self) -> bool:
        """Send one transfer frame, if it may be sent and there is one."""
        if self._closed or not self.session.may_transfer:
            return False
        if not self._rest and not self._begin_message():
            return False
        self.session.transfer(*self._rest.popleft())
        if not self._rest:
            self._credit -= 1
            self._delivery_count = advanced(self._delivery_count)
        return True

    def _begin_message(self) -> bool:
        if self._credit <= 0:
            return False
        message = self.next_message()
        if message is None:
            return False
        self._rest.extend(self._frames_of(message))
        return True

    def _frames_of(self, message: bytes) -> list[tuple[bytes, bytes]]:
        delivery_id = self.session.next_delivery_id()
        tag = self._delivery_count.to_bytes(4)
        last = frames.transfer(self.handle, delivery_id, tag, more=False)
        room = self.session.room_for_payload(last)
        if len(message) <= room:
            return [(last, message)]
        parts = [message[start : start + room] for start in range(0, len(message), room)]
        more = frames.transfer(self.handle, delivery_id, tag, more=True)
        return [*((more, part) for part in parts[:-1]), (last, parts[-1])]

    def _take_another_turn(self) -> None:
        if not self._turn_is_due:
            self._turn_is_due = True
            self.session.call_soon(self._next_turn)

    def _next_turn(self) -> None:
        self._turn_is_due = False
        self.pump()

    def _finish_drain(self) -> None:
        """All that is there has been sent: use up the credit that is left, as the client asked."""
        self._delivery_count = advanced(self._delivery_count, self._credit)
        self._credit = 0
        self._drain = False
        self._send_flow(drain=True)

    def _send_flow(self, *, drain: bool = False) -> None:
        windows = self.session.windows()
        self.session.send(
            frames.link_flow(windows, self.handle, self._delivery_count, self._credit, drain=drain)
        )

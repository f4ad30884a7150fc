"""A link on which the client sends: transfers become deliveries, credit keeps them in bounds."""

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from local.event_hubs.amqp import frames
from local.event_hubs.amqp.errors import INVALID_FIELD, TRANSFER_LIMIT_EXCEEDED, LinkFault
from local.event_hubs.amqp.performatives import Attach, Flow, Transfer
from local.event_hubs.amqp.serial_numbers import advanced
from local.event_hubs.amqp.values import Described
from local.event_hubs.link import MAX_MESSAGE_BYTES, Link

if TYPE_CHECKING:
    from local.event_hubs.session import Session

# Deliveries that a client may have under way; granted again when half of them are settled.
CREDIT = 1000


@dataclass(slots=True)
class Delivery:
    """A message as it arrived. One that is too large is counted but not kept."""

    id: int
    message_format: int
    settled: bool = False
    size: int = 0
    message: bytearray = field(default_factory=bytearray)

    @property
    def too_large(self) -> bool:
        return self.size > MAX_MESSAGE_BYTES

    def append(self, payload: bytes) -> None:
        self.size += len(payload)
        if self.too_large:
            self.message.clear()
        else:
            self.message += payload


class IncomingLink(Link):
    """Assembles deliveries and hands each to `deliver`, which must see to it that it is settled."""

    def __init__(self, session: "Session", attach: Attach) -> None:
        super().__init__(session, attach)
        self._delivery_count = attach.initial_delivery_count or 0
        self._credit = 0
        self._unsettled = 0
        self._current: Delivery | None = None

    @abstractmethod
    def deliver(self, delivery: Delivery) -> None:
        """Take a complete message."""

    def start(self) -> None:
        self._grant()

    def on_flow(self, flow: Flow) -> None:
        if flow.echo:
            self._send_flow()

    def on_transfer(self, transfer: Transfer, payload: bytes) -> None:
        delivery = self._delivery_of(transfer)
        delivery.settled = delivery.settled or bool(transfer.settled)
        delivery.append(payload)
        if transfer.aborted:
            self._finish_current()
            self._credit_back()
        elif not transfer.more:
            self._finish_current()
            self.deliver(delivery)

    def pump(self) -> None:
        """Nothing waits here: this link only receives."""

    def settle(self, delivery: Delivery, state: Described = frames.ACCEPTED) -> None:
        """Tell the client what became of its message, unless it asked not to be told."""
        if not delivery.settled:
            self.session.send(frames.disposition(delivery.id, state))
        self._credit_back()

    def _delivery_of(self, transfer: Transfer) -> Delivery:
        if self._current is None:
            self._current = self._first_of(transfer)
        elif transfer.delivery_id not in (None, self._current.id):
            raise LinkFault(
                INVALID_FIELD,
                f"delivery {transfer.delivery_id} begins before delivery {self._current.id} is complete",
            )
        return self._current

    def _first_of(self, transfer: Transfer) -> Delivery:
        if self._credit <= 0:
            raise LinkFault(TRANSFER_LIMIT_EXCEEDED, "a message was sent without link credit")
        if transfer.delivery_id is None:
            raise LinkFault(INVALID_FIELD, "the first transfer of a delivery has no delivery-id")
        return Delivery(transfer.delivery_id, transfer.message_format or 0)

    def _finish_current(self) -> None:
        self._current = None
        self._delivery_count = advanced(self._delivery_count)
        self._credit -= 1
        self._unsettled += 1

    def _credit_back(self) -> None:
        self._unsettled -= 1
        if self._credit + self._unsettled <= CREDIT // 2:
            self._grant()

    def _grant(self) -> None:
        self._credit = CREDIT - self._unsettled
        self._send_flow()

    def _send_flow(self) -> None:
        windows = self.session.windows()
        self.session.send(
            frames.link_flow(windows, self.handle, self._delivery_count, self._credit)
        )

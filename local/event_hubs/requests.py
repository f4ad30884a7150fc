"""Request links (`$cbs`, `$management`): a message in on one link, its answer out on another."""

from collections import deque
from collections.abc import Callable, MutableSequence
from typing import TYPE_CHECKING

from local.event_hubs.amqp import frames
from local.event_hubs.amqp.encoding import encode
from local.event_hubs.amqp.errors import NOT_ALLOWED, AmqpError, LinkFault
from local.event_hubs.amqp.messages import (
    APPLICATION_PROPERTIES,
    PROPERTIES,
    VALUE,
    property_as_sent,
    section_map,
    section_value,
)
from local.event_hubs.amqp.performatives import Attach
from local.event_hubs.amqp.values import Described, Int, Raw, Symbol
from local.event_hubs.answers import Answer
from local.event_hubs.incoming_link import Delivery, IncomingLink
from local.event_hubs.outgoing_link import OutgoingLink

if TYPE_CHECKING:
    from local.event_hubs.session import Session

type Responder = Callable[[dict[object, object]], Answer]

_MESSAGE_ID, _REPLY_TO = 0, 4


class ResponseLink(OutgoingLink):
    """The client's link for answers; it stays in the connection's list while it is attached."""

    def __init__(
        self,
        session: "Session",
        attach: Attach,
        source: str,
        target: str | None,
        links: MutableSequence["ResponseLink"],
    ) -> None:
        super().__init__(session, attach)
        self.source = source
        self.target = target
        self._links = links
        self._waiting: deque[bytes] = deque()
        links.append(self)

    def push(self, message: bytes) -> None:
        self._waiting.append(message)
        self.pump()

    def next_message(self) -> bytes | None:
        return self._waiting.popleft() if self._waiting else None

    def on_closed(self) -> None:
        super().on_closed()
        self._links.remove(self)


class RequestLink(IncomingLink):
    """The client's link for requests; the answer's link is found when a request comes."""

    def __init__(
        self,
        session: "Session",
        attach: Attach,
        address: str,
        respond: Responder,
        response_links: MutableSequence[ResponseLink],
    ) -> None:
        super().__init__(session, attach)
        self._address = address
        self._respond = respond
        self._response_links = response_links

    def deliver(self, delivery: Delivery) -> None:
        try:
            self._answer(bytes(delivery.message))
        except AmqpError as fault:
            self.settle(delivery, frames.rejected(fault.condition, fault.description))
        else:
            self.settle(delivery)

    def _answer(self, request: bytes) -> None:
        answer = self._respond(section_map(request, APPLICATION_PROPERTIES))
        reply_to = _reply_to(request)
        for link in self._candidates():
            # The Python SDK replies to the node's address, the JavaScript one to its link's name.
            if reply_to in (None, link.target, link.source, link.name):
                link.push(_encoded(answer, property_as_sent(request, _MESSAGE_ID), reply_to))
                return
        raise LinkFault(
            NOT_ALLOWED, f"no link receives from '{self._address}' with the target '{reply_to}'"
        )

    def _candidates(self) -> list[ResponseLink]:
        """The links that could take the answer, those of the request's own session first."""
        links = [link for link in self._response_links if link.source == self._address]
        return sorted(links, key=lambda link: link.session is not self.session)


def _reply_to(request: bytes) -> str | None:
    properties = section_value(request, PROPERTIES)
    if not isinstance(properties, list) or len(properties) <= _REPLY_TO:
        return None
    address = properties[_REPLY_TO]
    return address if isinstance(address, str) else None


def _encoded(answer: Answer, correlation_id: Raw, to: str | None) -> bytes:
    status: dict[object, object] = {
        "status-code": Int(answer.status),
        "status-description": answer.description,
    }
    if answer.condition is not None:
        status["error-condition"] = Symbol(answer.condition)
    properties = [None, None, to, None, None, correlation_id, *[None] * 7]
    return b"".join(
        (
            encode(Described(PROPERTIES, properties)),
            encode(Described(APPLICATION_PROPERTIES, status)),
            encode(Described(VALUE, answer.body)),
        )
    )

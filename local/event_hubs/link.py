"""What every link has in common: its handle, and what a session asks of it."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from local.event_hubs.amqp.performatives import Attach, Flow, Transfer

if TYPE_CHECKING:
    from local.event_hubs.session import Session

# "The maximum size of an event or a batch" of the standard tier and above.
MAX_MESSAGE_BYTES = 1024 * 1024


class Link(ABC):
    """A link under the client's own handle number."""

    def __init__(self, session: "Session", attach: Attach) -> None:
        self.session = session
        self.name = attach.name
        self.handle = attach.handle

    @abstractmethod
    def start(self) -> None:
        """Begin: the client has been told that the link is attached."""

    @abstractmethod
    def on_flow(self, flow: Flow) -> None:
        """Take note of the client's credit, or of its wish to know the server's."""

    @abstractmethod
    def on_transfer(self, transfer: Transfer, payload: bytes) -> None:
        """Take one transfer frame."""

    @abstractmethod
    def pump(self) -> None:
        """Send what may now be sent."""

    def on_closed(self) -> None:  # noqa: B027 - most links have nothing to let go of
        """Let go of everything: the link is gone, however it ended."""

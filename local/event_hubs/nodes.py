"""From an address to a link: what may be attached to, and a loud line in the log about what may not."""

import logging
from collections.abc import MutableSequence
from functools import partial

from local.event_hubs.addresses import PublishAddress, ReadAddress, RequestNode, parse_address
from local.event_hubs.amqp.errors import ARGUMENT_OUT_OF_RANGE, INVALID_FIELD, NOT_FOUND, LinkFault
from local.event_hubs.amqp.performatives import Attach
from local.event_hubs.amqp.values import Described
from local.event_hubs.answers import authorize, manage
from local.event_hubs.broker import EventHubs, Hub
from local.event_hubs.link import Link
from local.event_hubs.partition import Partition
from local.event_hubs.publishing import PublishLink
from local.event_hubs.requests import RequestLink, ResponseLink
from local.event_hubs.selector import last_before, start_position
from local.event_hubs.session import Session
from local.event_hubs.subscribing import SubscribeLink

logger = logging.getLogger(__name__)

_ADDRESS, _FILTER = 0, 7


class Nodes:
    """All that a connection's links can be attached to."""

    def __init__(self, broker: EventHubs) -> None:
        self._broker = broker
        self._response_links: MutableSequence[ResponseLink] = []

    def open_link(self, session: Session, attach: Attach) -> Link:
        """Make the link that an ATTACH asks for.

        Raises LinkFault when there is no such node, or no place at it. An SDK may keep that to itself: so it is
        logged here.
        """
        try:
            return self._open(session, attach)
        except LinkFault as fault:
            self._broker.refusals += 1
            role = "receive from" if attach.client_receives else "send to"
            asked = _address(attach)
            logger.warning(
                "Refused to %s '%s': %s: %s", role, asked, fault.condition, fault.description
            )
            raise

    def _open(self, session: Session, attach: Attach) -> Link:
        match parse_address(_address(attach), client_receives=attach.client_receives):
            case RequestNode() as node:
                return self._request_link(session, attach, node)
            case PublishAddress(name, id_):
                hub = self._hub(name)
                partition = None if id_ is None else _partition(hub, id_)
                return PublishLink(session, attach, self._broker, hub, partition)
            case ReadAddress() as address:
                return self._subscribe_link(session, attach, address)

    def _request_link(self, session: Session, attach: Attach, node: RequestNode) -> Link:
        if attach.client_receives:
            target = _field(attach.target, _ADDRESS)
            reply_address = target if isinstance(target, str) else None
            return ResponseLink(session, attach, node.address, reply_address, self._response_links)
        respond = partial(manage, self._broker) if node.management else authorize
        return RequestLink(session, attach, node.address, respond, self._response_links)

    def _subscribe_link(self, session: Session, attach: Attach, address: ReadAddress) -> Link:
        hub = self._hub(address.hub)
        if not hub.has_group(address.group):
            raise LinkFault(
                NOT_FOUND,
                f"The consumer group '{address.group}' of hub '{hub.name}' could not be found; "
                f"it has: {', '.join(hub.groups)}.",
            )
        partition = _partition(hub, address.partition)
        position = start_position(_field(attach.source, _FILTER))
        after = last_before(position, partition, self._broker.log)
        link = SubscribeLink(session, attach, self._broker, partition, address.group)
        link.read_after(after)
        return link

    def _hub(self, name: str) -> Hub:
        hub = self._broker.hub(name)
        if hub is None:
            existing = ", ".join(one.name for one in self._broker.hubs)
            raise LinkFault(
                NOT_FOUND, f"The messaging entity '{name}' could not be found; hubs: {existing}."
            )
        return hub


def _partition(hub: Hub, id_: str) -> Partition:
    partition = hub.partition(id_)
    if partition is None:
        raise LinkFault(
            ARGUMENT_OUT_OF_RANGE,
            f"The specified partition is invalid for an EventHub partition sender or receiver: '{id_}'. "
            f"Hub '{hub.name}' has partitions 0 to {len(hub.partitions) - 1}.",
        )
    return partition


def _address(attach: Attach) -> str:
    address = _field(attach.source if attach.client_receives else attach.target, _ADDRESS)
    if not isinstance(address, str):
        raise LinkFault(INVALID_FIELD, f"link '{attach.name}' has no address")
    return address


def _field(terminus: object, position: int) -> object:
    """A field of a source or a target; None when it is absent."""
    if not isinstance(terminus, Described) or not isinstance(terminus.value, list):
        return None
    return terminus.value[position] if position < len(terminus.value) else None

"""Addresses of links: `hub`, `hub/Partitions/0`, `hub/ConsumerGroups/$Default/Partitions/0`, `$cbs`, `$management`."""

import re
from dataclasses import dataclass

from local.event_hubs.amqp.errors import NOT_FOUND, LinkFault

# The Python SDK sends a full URL for sources: the host is the one that it already talks to.
_AUTHORITY = re.compile(r"^(?:amqps?|sb)://[^/]*/", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RequestNode:
    """`$cbs` or `$management`: requests on one link, answers on another."""

    address: str
    management: bool


@dataclass(frozen=True, slots=True)
class PublishAddress:
    """A hub, or one of its partitions."""

    hub: str
    partition: str | None


@dataclass(frozen=True, slots=True)
class ReadAddress:
    """A partition as a consumer group reads it."""

    hub: str
    group: str
    partition: str


type Address = RequestNode | PublishAddress | ReadAddress


def parse_address(text: str, *, client_receives: bool) -> Address:
    """Read the address of a source (the client receives) or of a target.

    Raises LinkFault for one of no known form.
    """
    path = _AUTHORITY.sub("", text).strip("/")
    parts = path.split("/")
    keywords = [part.lower() for part in parts]
    match keywords:
        case ["$cbs"]:
            return RequestNode(path, management=False)
        case ["$management"] | [_, "$management"]:
            return RequestNode(path, management=True)
        case [_] if path and not client_receives:
            return PublishAddress(path, None)
        case [_, "partitions", _] if not client_receives:
            return PublishAddress(parts[0], parts[2])
        case [_, "consumergroups", _, "partitions", _] if client_receives:
            return ReadAddress(parts[0], parts[2], parts[4])
        case _:
            raise LinkFault(NOT_FOUND, _unknown(text, client_receives))


def _unknown(text: str, client_receives: bool) -> str:
    expected = (
        "<hub>/ConsumerGroups/<group>/Partitions/<id>"
        if client_receives
        else "<hub> or <hub>/Partitions/<id>"
    )
    return f"The messaging entity '{text}' could not be found: expected {expected}."

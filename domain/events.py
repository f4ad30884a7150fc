"""What every event has: its envelope, and the context of the command that caused it."""

from typing import ClassVar

import msgspec

from domain.values import Sensitive


class Event(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """An event's own data. The class name is the stored `eventType`: it is never renamed.

    `schema_version` is the version of the shape: a change that an old reader would misread raises it,
    and adds an upcaster to `domain/upcasting.py`.
    """

    schema_version: ClassVar[int] = 1


class Context(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Who and what caused a command; it becomes the metadata of the command's events.

    `causation_id` is the command's id; `command_hash` a SHA-256 in hex over the command's canonical
    form without its sensitive fields; `traceparent` as W3C Trace Context writes it.
    """

    correlation_id: str
    causation_id: str
    command_hash: str
    user_id: str | None = None
    ip_address: Sensitive[str] | None = None
    traceparent: str | None = None


class Recorded[E: Event](msgspec.Struct, frozen=True, kw_only=True):
    """An event as it stands in its stream.

    `aggregate_id` is the stream's name (`order-789`), `version` counts from 1 without a gap,
    `timestamp` is UTC with six decimals and Z, so that its text sorts as time; `hash` is the event's
    link in the stream's chain.
    """

    aggregate_id: str
    version: int
    event_id: str
    timestamp: str
    data: E
    metadata: Context
    hash: str

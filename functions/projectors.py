"""Projectors: one function per consumer group, which keeps the group's projections up to date."""

import logging
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, List  # noqa: UP035  # the worker refuses the builtin's generic

import azure.functions as func

from domain.events import Recorded
from event_store.documents import parse
from event_store.errors import DamagedEvent
from event_store.settling import settle
from functions.traced import projecting, run
from projections.arrivals import seen
from projections.projection import Projection
from wiring import Application

logger = logging.getLogger(__name__)


def blueprint(application: Application, projections: Iterable[Projection]) -> func.Blueprint:
    """A function per consumer group. Delivery is at least once and in any order: the engine copes."""
    projectors = func.Blueprint()
    by_group = sorted(projections, key=attrgetter("group"))
    for group, members in groupby(by_group, key=attrgetter("group")):
        _register(projectors, application, group, list(members))
    return projectors


def _register(
    projectors: func.Blueprint, application: Application, group: str, members: list[Projection]
) -> None:
    @projectors.function_name(group)
    @projectors.event_hub_message_trigger(
        arg_name="messages",
        connection="EventHub",
        event_hub_name="%EVENT_HUB_NAME%",
        consumer_group=group,
        cardinality=func.Cardinality.MANY,
        data_type=func.DataType.BINARY,
    )
    @projectors.retry(
        strategy="exponential_backoff",
        max_retry_count="-1",
        minimum_interval="00:00:01",
        maximum_interval="00:01:00",
    )
    async def project(messages: List[func.EventHubEvent]) -> None:  # noqa: UP006
        with run(group, "pubsub", {"messaging.batch.message_count": len(messages)}):
            events = await _events(application, group, members, messages)
            await settle(
                f"{group} could not catch up",
                (_project(application, group, member, seen(member, events)) for member in members),
            )


async def _project(
    application: Application, group: str, member: Projection, events: Sequence[Recorded[Any]]
) -> None:
    with projecting(application.settings.event_hub_name, group, member.name, events):
        await application.engine.catch_up(member, events)


async def _events(
    application: Application,
    group: str,
    members: list[Projection],
    messages: list[func.EventHubEvent],
) -> list[Recorded[Any]]:
    """The events that messages carry, as far as they are the group's business.

    A message that cannot be read is kept for people: it would never be read, however often it came.
    """
    events = []
    for message in messages:
        body = message.get_body()
        try:
            document = parse(body)
            if any(member.sees(document["aggregateType"]) for member in members):
                events.append(application.codec.decode(document))
        except DamagedEvent as error:
            logger.error("%s: message %s cannot be read", group, message.sequence_number)
            await application.dead_letters.keep_message(group, *_place(message), body, error)
    return events


def _place(message: func.EventHubEvent) -> tuple[str, int]:
    """The hub partition of a message and its sequence number there."""
    assert message.metadata is not None
    assert message.sequence_number is not None
    return message.metadata["PartitionContext"]["PartitionId"], message.sequence_number

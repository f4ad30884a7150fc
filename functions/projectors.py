"""Projectors: one function per consumer group, which keeps the group's projections up to date."""

from collections.abc import Iterable
from itertools import groupby
from operator import attrgetter
from typing import Any, List  # noqa: UP035  # the worker refuses the builtin's generic

import azure.functions as func
import msgspec

from projections.projection import View
from wiring import Application


def blueprint(application: Application, projections: Iterable[View[Any]]) -> func.Blueprint:
    """A function per consumer group. Delivery is at least once and in any order: the engine copes."""
    projectors = func.Blueprint()
    by_group = sorted(projections, key=attrgetter("group"))
    for group, members in groupby(by_group, key=attrgetter("group")):
        _register(projectors, application, group, list(members))
    return projectors


def _register(
    projectors: func.Blueprint, application: Application, group: str, members: list[View[Any]]
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
        documents = [msgspec.json.decode(message.get_body()) for message in messages]
        for view in members:
            events = [
                application.codec.decode(document)
                for document in documents
                if document["aggregateType"] == view.of.name
            ]
            await application.engine.catch_up(view, events)

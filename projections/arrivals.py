"""A page of the change feed as what it brings: events, damaged ones, and each projection's share of them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from domain.events import Recorded
from event_store.archive import is_stub
from event_store.documents import Codec
from event_store.errors import DamagedEvent
from projections.engine import grouped
from projections.feed_reader import Page
from projections.partition_run import Batch
from projections.positions import Kept
from projections.projection import Projection


class Arrived(msgspec.Struct, frozen=True):
    """What a page brings: its events, and by aggregate id the types of aggregates of which it has an
    event that is damaged."""

    events: Sequence[Recorded[Any]]
    damaged: Mapping[str, str]


def arrived(codec: Codec, page: Page) -> Arrived:
    """A page, decoded; a stub stands for what every projection had before it was archived.

    Raises UnreadableEvent for what is newer than the code.
    """
    events: list[Recorded[Any]] = []
    damaged: dict[str, str] = {}
    for document in page.documents:
        if is_stub(document):
            continue
        try:
            events.append(codec.decode(document))
        except DamagedEvent:
            damaged[document["aggregateId"]] = kind_of(document)
    return Arrived(events, damaged)


def batch_of(projection: Projection, news: Arrived) -> Batch:
    """What of it is a projection's business. An aggregate with a damaged event comes without any: the
    engine reads its stream, and parks it over what it finds there."""
    damaged = {id_: () for id_, kind in news.damaged.items() if projection.sees(kind)}
    return {**grouped(seen(projection, news.events)), **damaged}


def kind_of(document: Mapping[str, Any]) -> str:
    """The aggregate type that a stored event says it is of."""
    return str(document.get("aggregateType"))


def seen(projection: Projection, events: Iterable[Recorded[Any]]) -> list[Recorded[Any]]:
    """The events that are a projection's business."""
    kinds = tuple(kind for aggregate in projection.follows for kind in aggregate.events)
    return [event for event in events if isinstance(event.data, kinds)]


def progressed(kept: Kept, page: Page) -> Kept:
    """A reader's position behind a page."""
    newest = dict(kept.newest)
    for document in page.documents:
        kind = kind_of(document)
        newest[kind] = max(newest.get(kind, ""), str(document.get("timestamp")))
    events = kept.events + len(page.documents)
    return Kept(kept.id, page.position, events, page.share, newest)

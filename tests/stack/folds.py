"""What every read model should hold, folded from the log, beside what it does hold."""

from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any, Final

import msgspec
from azure.cosmos.aio import DatabaseProxy

from domain.registry import AGGREGATES
from domain.values import to_json
from event_store.documents import Codec
from projections.advance import Cursor, advance
from projections.arrivals import seen
from projections.generations import GenerationStore
from projections.projection import Journal, Projection, Reaction, Report, View
from projections.registry import PROJECTIONS
from tests.stack import sums
from tests.stack.log import Streams

READ_MODELS: Final = tuple(p for p in PROJECTIONS if not isinstance(p, Reaction))
ADDED: Final = ("id", "aggregateId", "version", "generation")
"""What a journal adds to the entry of an event."""

type Held = dict[str, Any]
"""Contents by the read model's name: of a view what there is of every aggregate and its version, of a
report that and the sums, of a journal the entries by aggregate and version."""

type Document = Mapping[str, Any]


async def log(database: DatabaseProxy, codec: Codec | None = None) -> Streams:
    """The event log: what is stored, and not what anybody was told."""
    codec = codec or Codec(AGGREGATES)
    streams: Streams = {}
    for document in sorted(await _documents(database, "events"), key=itemgetter("version")):
        streams.setdefault(document["aggregateId"], []).append(codec.decode(document))
    return streams


async def stored(database: DatabaseProxy) -> Held:
    """What the live generation of every read model holds."""
    pointers = GenerationStore(database.get_container_client("projection_state"))
    held: Held = {}
    for projection in READ_MODELS:
        documents = await _documents(database, projection.container)
        generation = (await pointers.read(projection)).live
        held[projection.name] = _stored(projection, documents, generation)
    return held


def folded(streams: Streams) -> Held:
    """What they should hold."""
    return {projection.name: _folded(projection, streams) for projection in READ_MODELS}


def _stored(projection: Projection, documents: list[Document], generation: int) -> Any:
    match projection:
        case Report():
            return _views(documents, generation), sums.of(documents, generation)
        case View():
            return _views(documents, generation)
        case Journal():
            return _entries(documents, generation)
    raise TypeError(f"{projection.name} is no read model")


def _folded(projection: Projection, streams: Streams) -> Any:
    match projection:
        case Report():
            seen_streams = _seen(projection, streams)
            return _folds(projection, seen_streams), sums.expected(projection, seen_streams)
        case View():
            return _folds(projection, _seen(projection, streams))
        case Journal():
            return _journal(projection, _seen(projection, streams))
    raise TypeError(f"{projection.name} is no read model")


def _seen(projection: Projection, streams: Streams) -> Streams:
    return {id_: events for id_, events in streams.items() if seen(projection, events)}


def _views(documents: list[Document], generation: int) -> dict[str, Any]:
    return _unique(
        (document["id"], (document["version"], document["view"]))
        for document in documents
        if "view" in document and document["pk"].startswith(f"{generation}|")
    )


def _folds(view: View[Any], streams: Streams) -> dict[str, Any]:
    folds: dict[str, Any] = {}
    for id_, events in streams.items():
        cursor: Cursor[Any] = advance(view.evolve, Cursor(), events)
        json = msgspec.json.encode(cursor.view, enc_hook=to_json)
        folds[id_] = (cursor.version, msgspec.json.decode(json))
    return folds


def _entries(documents: list[Document], generation: int) -> dict[tuple[str, int], Any]:
    return _unique(
        ((document["aggregateId"], document["version"]), _entry(document))
        for document in documents
        if document.get("generation") == generation
    )


def _entry(document: Document) -> Document:
    """What the journal itself says in it."""
    own = {name: document[name] for name in document.keys() - ADDED}
    return {name: value for name, value in own.items() if not name.startswith("_")}


def _journal(journal: Journal, streams: Streams) -> dict[tuple[str, int], Any]:
    return {
        (event.aggregate_id, event.version): journal.entry(event)
        for events in streams.values()
        for event in events
    }


def _unique[K](pairs: Iterable[tuple[K, Any]]) -> dict[K, Any]:
    """As a mapping. Nothing is kept twice."""
    listed = list(pairs)
    mapping = dict(listed)
    assert len(mapping) == len(listed), "something is kept twice"
    return mapping


async def _documents(database: DatabaseProxy, container: str) -> list[Document]:
    found = database.get_container_client(container).query_items(
        "SELECT * FROM c", max_item_count=-1
    )
    return [document async for document in found]

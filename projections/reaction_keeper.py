"""Reactions: the effects of events in order, and in Cosmos DB how far each aggregate has come."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from projections.advance import Cursor, Evolve, Unseen, collect
from projections.documents import Write, read_documents, write_documents
from projections.keeper import Change, Refused, Stored
from projections.projection import Reaction, Undeliverable

if TYPE_CHECKING:
    from azure.cosmos.aio import ContainerProxy


class ReactionKeeper:
    """Has the effects of a reaction. A cursor is written behind its effects: at least once."""

    def __init__(self, reaction: Reaction, container: "ContainerProxy") -> None:
        self._reaction = reaction
        self._container = container
        self.evolve: Evolve[Unseen] = collect

    def partition(self, aggregate_id: str) -> str:
        return aggregate_id

    async def load(self, partition: str, ids: Sequence[str]) -> Mapping[str, Stored[Unseen]]:
        found = await read_documents(self._container, partition, ids)
        return {
            id_: Stored(Cursor(found[id_]["version"]), found[id_]["_etag"], found[id_])
            if id_ in found
            else Stored()
            for id_ in ids
        }

    async def save(self, partition: str, changes: Sequence[Change[Unseen]]) -> bool:
        (change,) = changes
        done, failure = change.stored.cursor.version, None
        for event in change.cursor.view or ():
            try:
                await self._reaction.react(event)
            except Undeliverable as error:
                failure = error
                break
            done = event.version
        if done > change.stored.cursor.version:
            cursor = {"id": change.aggregate_id, "pk": partition, "version": done}
            write = Write(cursor, change.stored.etag)
            if await write_documents(self._container, partition, [write]) is None:
                return False
        if failure:
            raise Refused(f"{self._reaction.name}: an effect") from failure
        return True

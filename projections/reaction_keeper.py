"""Reactions: the effects of events in order, and in Cosmos DB how far each aggregate has come."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from projections.advance import Cursor, Evolve, Unseen, collect
from projections.documents import Write, read_documents, write_documents
from projections.keeper import Change, Refused, Stored
from projections.projection import Post, Reaction

if TYPE_CHECKING:
    from azure.cosmos.aio import ContainerProxy


class ReactionKeeper:
    """Has the effects of a reaction. A cursor is written behind its effects: at least once.

    What `react` raises parks the aggregate; its cursor stays before the event that failed, also where it
    is the first of all, so that the next attempt begins with it.
    """

    def __init__(self, reaction: Reaction, container: "ContainerProxy", post: Post) -> None:
        self._reaction = reaction
        self._container = container
        self._post = post
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
        unseen = change.cursor.view or ()
        done = unseen[0].version - 1
        try:
            for event in unseen:
                await self._reaction.react(event, self._post)
                done = event.version
        except Exception as error:
            if not await self._keep(partition, change, done):
                return False
            raise Refused(f"{self._reaction.name}: an effect") from error
        return await self._keep(partition, change, done)

    async def _keep(self, partition: str, change: Change[Unseen], version: int) -> bool:
        """Moves the cursor to a version, where it is not there. False when another writer was faster."""
        if change.stored.etag and version == change.stored.cursor.version:
            return True
        cursor = {"id": change.aggregate_id, "pk": partition, "version": version}
        write = Write(cursor, change.stored.etag)
        return await write_documents(self._container, partition, [write]) is not None

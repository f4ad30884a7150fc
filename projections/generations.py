"""Which generation of a projection is read, and which are written.

A rebuild fills a new generation beside the live one. While it does, live batches write both; then the
pointer moves, and both are written on until no cached pointer can name the old one.
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import msgspec

from projections.documents import Write, read_document, write_documents
from projections.projection import Projection

if TYPE_CHECKING:
    from azure.cosmos.aio import ContainerProxy

POINTER: Final = "generations"
FIRST: Final = 1
CACHED_SECONDS: Final = 15.0
"""How long a reader may go by a pointer that it has read."""


class Generations(msgspec.Struct, frozen=True):
    """`live` is read; `others` are written too. `etag` is that of the pointer, if it was ever moved."""

    live: int = FIRST
    others: tuple[int, ...] = ()
    etag: str | None = None

    @property
    def written(self) -> tuple[int, ...]:
        """In the order of writing: the newest first. Before the pointer moves, what is read is written
        last; after it, what is no longer read: who goes from one to the other sees no view go back."""
        return tuple(sorted((self.live, *self.others), reverse=True))


class GenerationStore:
    """The pointers, one document per projection in `projection_state`."""

    def __init__(
        self, container: "ContainerProxy", clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._container = container
        self._clock = clock
        self._cached: dict[str, tuple[float, int]] = {}

    async def read(self, projection: Projection) -> Generations:
        """The generations as they are now: for writers, once per batch. Raises StoreUnavailable.

        A stale pointer would leave a new generation without the batch."""
        document = await read_document(self._container, projection.name, POINTER, fresh=True)
        if document is None:
            return Generations()
        return Generations(document["live"], tuple(document["others"]), document["_etag"])

    async def live(self, projection: Projection) -> int:
        """The generation to read; it may be CACHED_SECONDS old. Raises StoreUnavailable."""
        until, generation = self._cached.get(projection.name, (0.0, FIRST))
        if self._clock() >= until:
            generation = (await self.read(projection)).live
            self._cached[projection.name] = (self._clock() + CACHED_SECONDS, generation)
        return generation

    async def move(self, projection: Projection, to: Generations) -> bool:
        """Writes the pointer over the one that `to.etag` names; False when somebody else moved it."""
        document = {
            "id": POINTER,
            "projection": projection.name,
            "live": to.live,
            "others": list(to.others),
        }
        written = await write_documents(
            self._container, projection.name, [Write(document, to.etag)]
        )
        return written is not None

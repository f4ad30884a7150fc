"""A change feed in memory, to look through often."""

from collections.abc import AsyncIterator, Sequence
from random import Random
from typing import Any

from projections.feed_reader import Page, Position


class Feed:
    """One range of the feed. Its order is as unkind as Cosmos DB's: any, between and within streams."""

    def __init__(self, documents: Sequence[dict[str, Any]], seed: int = 0) -> None:
        self.documents = list(documents)
        Random(seed).shuffle(self.documents)

    async def ranges(self, workers: int = 1) -> list[Position]:
        return [Position({})]

    async def pages(self, position: Position, until: float | None = None) -> AsyncIterator[Page]:
        middle = len(self.documents) // 2
        for documents in (self.documents[:middle], self.documents[middle:]):
            if documents:
                yield Page(documents, position, [0.0] * len(documents), 1.0)

"""Reports read: the rows of every shard, added up."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from projections.documents import query_documents
from projections.generations import GenerationStore
from projections.keepers import Keepers
from projections.projection import Report


class ReportReader:
    """Reads reports."""

    def __init__(self, keepers: Keepers, generations: GenerationStore) -> None:
        self._keepers = keepers
        self._generations = generations

    async def read[R: msgspec.Struct](
        self, report: Report[Any, R], where: str, parameters: Mapping[str, Any]
    ) -> dict[R, dict[str, Decimal]]:
        """The rows that meet a condition over `c.row`, with their exact sums over all shards.

        Raises StoreUnavailable.
        """
        generation = await self._generations.live(report)
        container = self._keepers.container(report)
        query = f"SELECT c.row, c.figures FROM c WHERE IS_DEFINED(c.row) AND {where}"
        sums: defaultdict[R, defaultdict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))

        async def shard(partition: str) -> None:
            async for found in query_documents(container, partition, query, parameters):
                row = msgspec.convert(found["row"], report.row)
                for name, amount in found["figures"].items():
                    sums[row][name] += Decimal(amount)

        await asyncio.gather(
            *(shard(f"{generation}|{number}") for number in range(self._keepers.shards))
        )
        return {row: dict(figures) for row, figures in sums.items()}

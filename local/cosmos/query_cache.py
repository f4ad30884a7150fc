"""The last sorted results, so that the next page of a query need not sort again."""

from collections import OrderedDict
from typing import Final

from local.cosmos.documents import Scope
from local.cosmos.query_rows import Placed

_KEPT_RESULTS: Final = 8

type Identity = tuple[str, bytes, Scope]


class QueryCache:
    """Results by what was asked; they hold for one state of the container."""

    def __init__(self) -> None:
        self._results: OrderedDict[Identity, tuple[int, list[Placed]]] = OrderedDict()

    def find(self, identity: Identity, lsn: int) -> list[Placed] | None:
        at, results = self._results.get(identity, (-1, []))
        return results if at == lsn else None

    def keep(self, identity: Identity, lsn: int, results: list[Placed]) -> None:
        self._results[identity] = (lsn, results)
        self._results.move_to_end(identity)
        if len(self._results) > _KEPT_RESULTS:
            self._results.popitem(last=False)

"""The read side over fakes: keepers in memory, as conditional as the real ones, with other writers where a
test wants them."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import msgspec

from domain.values import from_json, to_json
from projections.advance import Cursor, Evolve
from projections.dead_letters import DeadLetters
from projections.engine import Engine
from projections.generations import GenerationStore
from projections.keeper import Change, Stored
from projections.keepers import Keepers
from projections.projection import Projection, View
from projections.view_reader import ViewReader
from tests.fakes.container import FakeContainer
from tests.fakes.event_store import FakeEventStore

if TYPE_CHECKING:
    from azure.cosmos.aio import ContainerProxy


class FakeKeeper[V]:
    """Views of one generation by partition, which is the aggregate's own.

    `overtaken` says for the next writes whether another writer was faster; `failures`, by aggregate, what
    reading raises, `refusals` what writing raises.
    """

    def __init__(self, view: View[V]) -> None:
        self.evolve: Evolve[V] = view.evolve
        self.stored: dict[str, tuple[bytes, int, str]] = {}
        self.overtaken: deque[bool] = deque()
        self.failures: dict[str, BaseException] = {}
        self.refusals: dict[str, BaseException] = {}
        self.loads: list[str] = []
        self.saves: list[str] = []
        self._shape = view.shape
        self._etag = 0

    def partition(self, aggregate_id: str) -> str:
        return aggregate_id

    async def load(self, partition: str, ids: Sequence[str]) -> Mapping[str, Stored[V]]:
        (id_,) = ids
        self.loads.append(id_)
        await asyncio.sleep(0)
        if id_ in self.failures:
            raise self.failures[id_]
        return {id_: Stored(self.cursor(id_), self._etag_of(id_))}

    async def save(self, partition: str, changes: Sequence[Change[V]]) -> bool:
        (change,) = changes
        id_ = change.aggregate_id
        self.saves.append(id_)
        await asyncio.sleep(0)
        if id_ in self.refusals:
            raise self.refusals[id_]
        if self.overtaken and self.overtaken.popleft():
            return False
        if self._etag_of(id_) != change.stored.etag:
            return False
        self._etag += 1
        body = msgspec.json.encode(change.cursor.view, enc_hook=to_json)
        self.stored[id_] = (body, change.cursor.version, str(self._etag))
        return True

    def cursor(self, aggregate_id: str) -> Cursor[V]:
        """What is stored of an aggregate, for a test to look at."""
        if aggregate_id not in self.stored:
            return Cursor()
        body, version, _ = self.stored[aggregate_id]
        return Cursor(version, msgspec.json.decode(body, type=self._shape, dec_hook=from_json))

    def forget_requests(self) -> None:
        self.loads.clear()
        self.saves.clear()

    def _etag_of(self, aggregate_id: str) -> str | None:
        return self.stored[aggregate_id][2] if aggregate_id in self.stored else None


class FakeKeepers(Keepers):
    """A keeper in memory per view and generation."""

    def __init__(self) -> None:
        super().__init__(_no_container, shards=1)
        self.kept: dict[tuple[str, int], FakeKeeper[Any]] = {}

    def of(self, projection: Projection, generation: int) -> FakeKeeper[Any]:
        assert isinstance(projection, View)
        return self.kept.setdefault((projection.name, generation), FakeKeeper(projection))


class ReadSide:
    """The engine and the reader of views over fakes; `clock` is what both of their caches go by."""

    def __init__(self, store: FakeEventStore) -> None:
        self.store = store
        self.keepers = FakeKeepers()
        self.containers: defaultdict[str, FakeContainer] = defaultdict(
            lambda: FakeContainer("projection")
        )
        self.now = 0.0
        self.generations = GenerationStore(self._container("projection_state"), self.clock)
        self.dead_letters = DeadLetters(self._container("deadletters"), self.clock)
        self.engine = Engine(store, self.keepers, self.generations, self.dead_letters)
        self.reader = ViewReader(store, self.keepers, self.generations)

    def clock(self) -> float:
        return self.now

    def keeper[V](self, view: View[V], generation: int = 1) -> FakeKeeper[V]:
        return self.keepers.of(view, generation)

    async def parked(self, view: View[Any], generation: int = 1) -> set[str]:
        return await self.dead_letters.parked(view.name, generation)

    def _container(self, name: str) -> "ContainerProxy":
        return cast("ContainerProxy", self.containers[name])


def _no_container(name: str) -> Any:
    raise AssertionError(f"container '{name}' was asked for")

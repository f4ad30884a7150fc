"""Dead letters, tried again: when the fold is mended, a replay heals what it could not digest."""

from collections.abc import Iterable, Sequence

from event_store.documents import Codec, parse
from event_store.errors import DamagedEvent
from projections.arrivals import seen
from projections.dead_letters import DeadLetter, DeadLetters
from projections.engine import Engine
from projections.projection import Projection


class UnknownDeadLetter(Exception):
    """There is no dead letter of that id: there never was, or it healed meanwhile."""

    def __init__(self, id_: str) -> None:
        super().__init__(f"There is no dead letter '{id_}'.")


class Replayer:
    """Replays dead letters of the registered projections."""

    def __init__(
        self,
        projections: Iterable[Projection],
        dead_letters: DeadLetters,
        engine: Engine,
        codec: Codec,
    ) -> None:
        self._projections = tuple(projections)
        self._dead_letters = dead_letters
        self._engine = engine
        self._codec = codec

    async def all(self) -> list[DeadLetter]:
        """Every dead letter, by projection or consumer group. Raises StoreUnavailable."""
        names = {p.name for p in self._projections} | {p.group for p in self._projections}
        return [letter for name in sorted(names) async for letter in self._dead_letters.of(name)]

    async def replay(self, id_: str) -> bool:
        """Tries a dead letter again; whether it healed. Raises UnknownDeadLetter, and as catch up does."""
        letter = await self._dead_letters.find(id_)
        if letter is None:
            raise UnknownDeadLetter(id_)
        if letter.kind == "parked":
            await self._parked(letter)
        else:
            await self._unreadable(letter)
        return await self._dead_letters.find(id_) is None

    async def _parked(self, letter: DeadLetter) -> None:
        """Success deletes the record; so does the end of the projection or the generation it is of."""
        assert letter.aggregate_id is not None
        assert letter.generation is not None
        named = self._named(letter.projection)
        for projection in named:
            await self._engine.replay(projection, letter.generation, letter.aggregate_id)
        if not named:
            await self._dead_letters.delete(letter.id)

    async def _unreadable(self, letter: DeadLetter) -> None:
        """A message that this version of the code can read is brought to its group's projections."""
        try:
            event = self._codec.decode(parse(letter.body or b""))
        except DamagedEvent:
            return
        for projection in self._grouped(letter.projection):
            await self._engine.catch_up(projection, seen(projection, [event]))
        await self._dead_letters.delete(letter.id)

    def _named(self, name: str) -> Sequence[Projection]:
        return [projection for projection in self._projections if projection.name == name]

    def _grouped(self, group: str) -> Sequence[Projection]:
        return [projection for projection in self._projections if projection.group == group]

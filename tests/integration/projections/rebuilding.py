"""Rebuilds on the clock of a test, and instances that step them."""

from functools import partial

from projections.feed_reader import FeedReader
from projections.generations import Generations, GenerationStore
from projections.projection import Projection
from projections.rebuild import Phase, Rebuilder
from tests.stack.dying import Death, Dying
from tests.stack.in_process import ENVIRONMENT, Account
from wiring import Application

PAUSE = 60.0


class Clock:
    """Seconds since the epoch, as far as rebuilds are concerned: later than any event is written."""

    def __init__(self) -> None:
        self.now = 4_000_000_000.0

    def __call__(self) -> float:
        return self.now


class Losing(GenerationStore):
    """Its n-th move of a pointer (from 1) loses to somebody else's."""

    lost = 0
    moves = 0

    async def move(self, projection: Projection, to: Generations) -> bool:
        self.moves += 1
        return self.moves != self.lost and await super().move(projection, to)


async def instance(
    account: Account,
    clock: Clock,
    death: Death | None = None,
    page_size: int = 500,
    lost: int = 0,
    reader: FeedReader | None = None,
) -> Application:
    """An instance that rebuilds, and caches pointers, on that clock.

    It dies where a death is given; its move number `lost` of a pointer loses.
    """
    application = await account.instance(partial(Dying, death=death or Death()), SHARDS="2")
    database = application.cosmos.get_database_client(ENVIRONMENT["COSMOS_DATABASE"])
    state = database.get_container_client("projection_state")
    application.generations = Losing(state, clock)
    application.generations.lost = lost
    events = database.get_container_client("events")
    application.feed_reader = reader or FeedReader(events, page_size=page_size)
    application.rebuilder = Rebuilder(
        state,
        application.feed_reader,
        application.positions,
        application.codec,
        application.engine,
        application.keepers,
        application.generations,
        application.dead_letters,
        clock,
        PAUSE,
    )
    return application


async def rebuilt(application: Application, projection: Projection, clock: Clock) -> Phase:
    """Takes a rebuild to its end, as a timer would; how it ended."""
    for _ in range(20):
        state = await application.rebuilder.step(projection, seconds=60)
        assert state is not None
        if state.phase in ("done", "refused"):
            return state.phase
        clock.now += PAUSE / 2
    raise AssertionError(f"it does not end: {state}")


async def generations(account: Account, projection: Projection) -> set[str]:
    """The generations of which a projection's container holds anything."""
    documents = await account.documents(projection.container)
    return {(d["pk"] if "pk" in d else d["id"]).partition("|")[0] for d in documents}

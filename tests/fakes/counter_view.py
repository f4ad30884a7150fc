"""A view that shows how often and in which order it was given its events."""

import msgspec

from domain.events import Context, Recorded
from projections.projection import View
from tests.fakes.counter import COUNTER, Added


class Totals(msgspec.Struct, frozen=True):
    """Every version that was folded, in the order in which it was."""

    total: int = 0
    folded: tuple[int, ...] = ()


def evolve(view: Totals | None, recorded: Recorded[Added]) -> Totals:
    before = view or Totals()
    return Totals(before.total + recorded.data.amount, (*before.folded, recorded.version))


TOTALS: View[Totals] = View(
    name="totals",
    container="totals",
    group="totals_projector",
    follows=(COUNTER,),
    shape=Totals,
    evolve=evolve,
)


def history(length: int, identity: str = "1") -> list[Recorded[Added]]:
    """A stream of so many events; the n-th adds n."""
    context = Context(correlation_id="c", causation_id="k", command_hash="0" * 64)
    return [
        Recorded(
            aggregate_id=COUNTER.stream(identity),
            version=version,
            event_id=f"{identity}/{version}",
            timestamp=f"2026-11-01T00:00:{version:02}.000000Z",
            data=Added(counter_id=identity, amount=version, total=0),
            metadata=context,
            hash="f" * 64,
        )
        for version in range(1, length + 1)
    ]

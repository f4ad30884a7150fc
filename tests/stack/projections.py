"""Projections that show what the engine did with them, over the containers of the application's own."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec

from domain.events import Recorded
from domain.product import PRODUCT, StockReceived
from projections.projection import Journal, Post, Reaction, Report, View


class Received(msgspec.Struct, frozen=True):
    """What was received of a product: every version that was folded, in order, and the sum."""

    versions: tuple[int, ...] = ()
    total: int = 0


def evolve(view: Received | None, recorded: Recorded[StockReceived]) -> Received:
    before = view or Received()
    return Received((*before.versions, recorded.version), before.total + recorded.data.quantity)


RECEIVED: View[Received] = View(
    name="received",
    container="product_read_model",
    group="g",
    follows=(PRODUCT,),
    shape=Received,
    evolve=evolve,
)
RECEIVED_BY_SHARD: View[Received] = View(
    name="received_by_shard",
    container="order_search",
    group="g",
    follows=(PRODUCT,),
    shape=Received,
    evolve=evolve,
    sharded=True,
)


class Slot(msgspec.Struct, frozen=True):
    """One of the rows of a wide report."""

    kind: str
    number: str


def rows(view: Received) -> dict[Slot, dict[str, Decimal]]:
    """As many rows as pieces were received, up to some hundreds, then fewer again."""
    return {
        Slot("slot", str(number)): {"pieces": Decimal(1), "share": Decimal(number) / 100}
        for number in range(view.total % 400)
    }


WIDE: Report[Received, Slot] = Report(
    name="wide",
    container="sales_report",
    group="g",
    follows=(PRODUCT,),
    shape=Received,
    evolve=evolve,
    sharded=True,
    row=Slot,
    rows=rows,
)


def entry(recorded: Recorded[Any]) -> dict[str, Any]:
    return {"eventId": recorded.event_id, "quantity": recorded.data.quantity}


JOURNAL = Journal(name="journal", container="audit_log", group="g", follows=(PRODUCT,), entry=entry)


class Effects(list[str]):
    """What a reaction did, by event id; `when` may raise before it does."""

    def __init__(self, when: Callable[[Recorded[Any]], None] = lambda _: None) -> None:
        super().__init__()
        self.when = when

    async def __call__(self, recorded: Recorded[Any], post: Post) -> None:
        self.when(recorded)
        self.append(recorded.event_id)


def reaction(effects: Effects) -> Reaction:
    return Reaction(
        name="reaction",
        container="product_read_model",
        group="g",
        follows=(PRODUCT,),
        react=effects,
    )

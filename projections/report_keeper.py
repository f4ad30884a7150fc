"""Reports in Cosmos DB: sums over aggregates that stay exact although delivery is at least once.

A shard's partition holds an entry per aggregate (its view, the version, and what it has contributed so far)
and the rows that these contributions add up to. An entry and the rows that it moves go in one conditional
batch, so `applied` is always exactly what the rows hold of it: whatever came twice, and wherever a process
died, the difference between what the view says and what was applied is what is still to add.
"""

import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec

from projections.advance import Evolve
from projections.documents import (
    MAX_BYTES,
    MAX_OPERATIONS,
    Document,
    Write,
    read_documents,
    size_of,
    write_documents,
)
from projections.keeper import Change, Refused, Stored
from projections.projection import Figures, Report
from projections.view_keeper import ViewKeeper, view_document

if TYPE_CHECKING:
    from azure.cosmos.aio import ContainerProxy

MAX_ROWS: Final = MAX_OPERATIONS - 1
"""Rows that fit into a batch beside one entry."""
ROW_BYTES: Final = 1000
"""More than a row takes."""

type Contribution = dict[str, dict[str, Decimal]]
"""Figures by row id."""


class ReportKeeper[V, R: msgspec.Struct]:
    """Keeps a report in one generation."""

    def __init__(
        self, report: Report[V, R], container: "ContainerProxy", generation: int, shards: int
    ) -> None:
        self._report = report
        self._container = container
        self._views = ViewKeeper(report, container, generation, shards)
        self.evolve: Evolve[V] = report.evolve

    def partition(self, aggregate_id: str) -> str:
        return self._views.partition(aggregate_id)

    async def load(self, partition: str, ids: Sequence[str]) -> Mapping[str, Stored[V]]:
        return await self._views.load(partition, ids)

    async def save(self, partition: str, changes: Sequence[Change[V]]) -> bool:
        steps = [step for change in changes for step in self._steps(partition, change)]
        etags = {change.aggregate_id: change.stored.etag for change in changes}
        for batch in packed(steps):
            if not await self._apply(partition, batch, etags):
                return False
        return True

    def _steps(self, partition: str, change: Change[V]) -> list["Step"]:
        """What takes an entry from what was applied to what its view says: one step, or several where
        a batch cannot hold all rows; the version moves with the last."""
        applied = parsed(change.stored.document.get("applied", {}))
        rows = self._rows(change)
        target = {row_id(row): dict(figures) for row, figures in rows.items()}
        fields = {row_id(row): msgspec.to_builtins(row) for row in rows}
        differing = [id_ for id_ in {**applied, **target} if applied.get(id_) != target.get(id_)]
        steps: list[Step] = []
        for first in range(0, max(len(differing), 1), MAX_ROWS):
            chunk = differing[first : first + MAX_ROWS]
            moved = {id_: delta(target.get(id_, {}), applied.get(id_, {})) for id_ in chunk}
            applied = {**applied, **{id_: target.get(id_, {}) for id_ in chunk}}
            last = first + MAX_ROWS >= len(differing)
            entry = view_document(partition, change if last else unmoved(change))
            entry["applied"] = written({id_: sums for id_, sums in applied.items() if sums})
            steps.append(Step(change.aggregate_id, entry, moved, fields))
        return steps

    def _rows(self, change: Change[V]) -> Mapping[R, Figures]:
        assert change.cursor.view is not None
        try:
            return self._report.rows(change.cursor.view)
        except Exception as error:
            raise Refused(f"{self._report.name}: its rows") from error

    async def _apply(
        self, partition: str, steps: Sequence["Step"], etags: dict[str, str | None]
    ) -> bool:
        """One batch: entries, and the rows that they move. False when another writer was faster."""
        moved = sorted({id_ for step in steps for id_ in step.moved})
        found = await read_documents(self._container, partition, moved) if moved else {}
        writes = [Write(step.entry, etags[step.aggregate_id]) for step in steps]
        writes += [row_write(partition, id_, found.get(id_), steps) for id_ in moved]
        written = await write_documents(self._container, partition, writes)
        if written is None:
            return False
        etags.update(zip((step.aggregate_id for step in steps), written, strict=False))
        return True


class Step(msgspec.Struct, frozen=True):
    """An entry to write with the rows that it moves: figures to add by row id, and the rows' fields."""

    aggregate_id: str
    entry: Document
    moved: Contribution
    fields: dict[str, Any]


def row_id(row: msgspec.Struct) -> str:
    """Apart for any two rows, whatever their texts, and from every aggregate's id."""
    texts = msgspec.json.encode(msgspec.structs.astuple(row))
    return f"row|{hashlib.sha256(texts).hexdigest()}"


def row_write(partition: str, id_: str, found: Document | None, steps: Sequence[Step]) -> Write:
    """A row with what all steps of a batch add to it."""
    stored = found or {"figures": {}, "row": next(s.fields[id_] for s in steps if id_ in s.moved)}
    figures = {name: Decimal(text) for name, text in stored["figures"].items()}
    for step in steps:
        for name, amount in step.moved.get(id_, {}).items():
            figures[name] = figures.get(name, Decimal(0)) + amount
    document = {"id": id_, "pk": partition, "row": stored["row"], "figures": texts(figures)}
    return Write(document, found["_etag"] if found else None)


def unmoved[V](change: Change[V]) -> Change[V]:
    """The change that leaves the entry's view where it is."""
    return msgspec.structs.replace(change, cursor=change.stored.cursor)


def delta(target: Mapping[str, Decimal], applied: Mapping[str, Decimal]) -> dict[str, Decimal]:
    names = {**applied, **target}
    zero = Decimal(0)
    return {name: target.get(name, zero) - applied.get(name, zero) for name in names}


def texts(figures: Mapping[str, Decimal]) -> dict[str, str]:
    """Figures as decimal text: a number in Cosmos DB is a double, and sums have to be exact."""
    return {name: format(amount, "f") for name, amount in figures.items()}


def written(contribution: Mapping[str, Mapping[str, Decimal]]) -> dict[str, dict[str, str]]:
    return {id_: texts(figures) for id_, figures in contribution.items()}


def parsed(stored: Mapping[str, Mapping[str, str]]) -> Contribution:
    return {
        id_: {name: Decimal(text) for name, text in figures.items()}
        for id_, figures in stored.items()
    }


def packed(steps: Sequence[Step]) -> list[list[Step]]:
    """Steps in order, in as few batches as hold them.

    Two of one entry never share a batch: the first of them has as many rows as one holds.
    """
    full: list[list[Step]] = []
    rows: set[str] = set()
    size = 0
    for step in steps:
        rows |= step.moved.keys()
        size += size_of(step.entry)
        operations = len(full[-1]) + 1 + len(rows) if full else 0
        if not full or operations > MAX_OPERATIONS or size + ROW_BYTES * len(rows) > MAX_BYTES:
            full.append([])
            rows, size = set(step.moved), size_of(step.entry)
        full[-1].append(step)
    return full

"""A run of the archive that goes on by itself, a step at a time, however often its process dies."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from custody.archive_run import ArchiveRun, Step, Wanted
from event_store.archiver import Old
from projections.documents import Write, read_document, write_documents
from projections.positions import Positions

if TYPE_CHECKING:
    from azure.cosmos.aio import ContainerProxy

OWNER: Final = "archive"
RUN: Final = "archive-run"
"""Whose positions are the run's: apart from the state, since a new run forgets those of the last."""
STATE: Final = "state"
MOST_NAMED: Final = 100


class NeverArchived(Exception):
    """There never was a run that goes on by itself."""

    def __init__(self) -> None:
        super().__init__("Nothing was ever archived by request or by the timer.")


class Job(msgspec.Struct, frozen=True, rename="camel"):
    """What a run is to do, and has done. Moments are seconds since the epoch; a process that dies may
    have done a little more than is counted. `damaged` names streams that were left alone."""

    phase: Literal["running", "done"]
    wanted: Wanted
    old: Old
    started: float
    finished: float = 0.0
    streams: int = 0
    events: int = 0
    blobs: int = 0
    damaged: tuple[str, ...] = ()


class ArchiveProgress(msgspec.Struct, frozen=True, rename="camel"):
    """What people see of it; `share` is how much of the log was looked through, 0 to 1."""

    phase: Literal["running", "done"]
    older_than_days: int
    share: float
    streams: int
    events: int
    blobs: int
    damaged: tuple[str, ...]


class ArchiveJob:
    """Starts a run and takes it on. One at a time."""

    def __init__(
        self,
        container: "ContainerProxy",
        positions: Positions,
        run: ArchiveRun,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._container = container
        self._positions = positions
        self._run = run
        self._clock = clock

    async def start(self, wanted: Wanted) -> None:
        """Begins a run, unless one is under way: that one goes on.

        Raises TooYoung, NotReconciled, StoreUnavailable.
        """
        old = await self._run.old(wanted)
        document = await self._document()
        if document and _job(document).phase == "running":
            return
        await self._positions.forget(RUN)
        await self._positions.begin(RUN, await self._run.beginnings())
        await self._write(Job("running", wanted, old, self._clock()), document)

    async def step(self, seconds: float) -> None:
        """Goes on for so many seconds, if there is anything to do. Raises StoreUnavailable."""
        document = await self._document()
        if document is None or (job := _job(document)).phase == "done":
            return
        deadline = self._clock() + seconds
        for kept in await self._positions.load(RUN):
            async for step in self._run.steps(kept, job.wanted, job.old):
                await self._positions.save(RUN, step.kept)
                job = _counted(job, step)
                if self._clock() >= deadline and not step.ended:
                    await self._write(job, document)
                    return
        await self._write(
            msgspec.structs.replace(job, phase="done", finished=self._clock()), document
        )

    async def progress(self) -> ArchiveProgress:
        """Raises NeverArchived, StoreUnavailable."""
        document = await self._document()
        if document is None:
            raise NeverArchived
        job = _job(document)
        kept = await self._positions.load(RUN)
        share = sum(one.share for one in kept) / len(kept) if kept else 0.0
        return ArchiveProgress(
            phase=job.phase,
            older_than_days=job.wanted.older_than_days,
            share=1.0 if job.phase == "done" else share,
            streams=job.streams,
            events=job.events,
            blobs=job.blobs,
            damaged=job.damaged,
        )

    async def _document(self) -> dict[str, Any] | None:
        return await read_document(self._container, OWNER, STATE, fresh=True)

    async def _write(self, job: Job, over: dict[str, Any] | None) -> None:
        """Keeps the state; where another process took it on meanwhile, its word stands."""
        document = {"id": STATE, "projection": OWNER, **msgspec.to_builtins(job)}
        await write_documents(
            self._container, OWNER, [Write(document, over["_etag"] if over else None)]
        )


def _job(document: dict[str, Any]) -> Job:
    return msgspec.convert(document, Job)


def _counted(job: Job, step: Step) -> Job:
    return msgspec.structs.replace(
        job,
        streams=job.streams + step.streams,
        events=job.events + step.archived.events,
        blobs=job.blobs + step.archived.blobs,
        damaged=tuple(dict.fromkeys((*job.damaged, *step.damaged)))[:MOST_NAMED],
    )

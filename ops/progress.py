"""Progress bars of what goes through the log, range by range."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

type Moved = Callable[[int, float, int], None]
"""Told the number of a range, the share of it that was gone through (0 to 1), and events more."""


@contextmanager
def bars(doing: str, ranges: int) -> Iterator[Moved]:
    """A bar for the whole log on standard error, as long as the body runs."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn(doing),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %  {task.fields[events]:,} events"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    shares = [0.0] * ranges
    events = 0
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(doing, total=float(ranges), events=0)

        def moved(number: int, share: float, more: int) -> None:
            nonlocal events
            shares[number], events = share, events + more
            progress.update(task, completed=sum(shares), events=events)

        yield moved
        progress.update(task, completed=float(ranges))

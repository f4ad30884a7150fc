"""What was measured, for people and for programs."""

import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from rich import box
from rich.table import Table

from bench.figures import Aim, Effort, Figure

type Results = Mapping[str, Sequence[Figure]]


def table(title: str, figures: Sequence[Figure]) -> Table:
    """One benchmark's figures; an aim that is met is green, one that is missed red."""
    shown = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    shown.add_column("measured", min_width=32)
    shown.add_column("beside", min_width=24)
    shown.add_column("ratio", justify="right", no_wrap=True)
    shown.add_column("aim", justify="right", no_wrap=True)
    for figure in figures:
        shown.add_row(
            f"{figure.what}\n[bold]{_amount(figure.value, figure.unit)}[/]",
            f"{figure.beside}\n{_amount(figure.beside_value, figure.unit)}",
            f"{figure.ratio:,.2f}" if figure.ratio >= 0.1 else f"{figure.ratio:.4f}",
            "\n".join(_aim(aim, figure) for aim in figure.aims),
        )
    return shown


def document(results: Results, effort: Effort) -> bytes:
    """The results as JSON: where and when they were measured, and every figure by benchmark."""
    content = {
        "measuredAt": datetime.now(UTC).isoformat(timespec="seconds"),
        "quick": effort.quick,
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "benchmarks": {name: list(map(_entry, figures)) for name, figures in results.items()},
    }
    return msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"


def _entry(figure: Figure) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(figure)
    return {**fields, "ratio": figure.ratio, "met": figure.is_met}


def _amount(value: float, unit: str) -> str:
    """Three significant digits at least."""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f} {unit}"


def _aim(aim: Aim, figure: Figure) -> str:
    sign = "≤" if aim.bound == "at most" else "≥"
    limit = f"{aim.limit:,.3g}" if aim.of == "ratio" else _amount(aim.limit, figure.unit)
    color = "green" if aim.is_met(figure) else "red"
    return f"[{color}]{sign} {limit}[/]"

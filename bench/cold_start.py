"""What the app adds to a cold start: the time of its import beside that of the SDKs alone."""

import subprocess
import sys
from collections.abc import Mapping
from statistics import median
from typing import Final

from bench.figures import Effort, Figure, at_most
from bench.processes import ROOT
from ops.in_process import ENVIRONMENT

SDKS: Final = "azure.functions, azure.cosmos.aio"
TIMED: Final = "import time; t = time.perf_counter(); import {}; print(time.perf_counter() - t)"


async def run(effort: Effort) -> list[Figure]:
    """Fresh processes in turns; the first of each warms the disk's cache and is not counted."""
    imports = {what: TIMED.format(what) for what in (SDKS, "function_app", f"function_app, {SDKS}")}
    taken: dict[str, list[float]] = {what: [] for what in imports}
    for _ in range(effort.of(11, 5) + 1):
        for what, program in imports.items():
            taken[what].append(_import(program))
    medians = {what: 1000 * median(times[1:]) for what, times in taken.items()}
    return [_figure("function_app", medians), _figure(f"function_app, {SDKS}", medians)]


def _figure(what: str, medians: Mapping[str, float]) -> Figure:
    return Figure(
        what=f"import {what}",
        value=medians[what],
        unit="ms",
        beside=f"import {SDKS}",
        beside_value=medians[SDKS],
        aims=(at_most(1.3),),
    )


def _import(program: str) -> float:
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=dict(ENVIRONMENT),
        capture_output=True,
        check=True,
        text=True,
    )
    return float(done.stdout)

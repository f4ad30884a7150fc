"""`python -m bench [NAME …] [--quick]`: measures, shows a table, writes bench/results.json."""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import uvloop
from rich.console import Console

from bench import report
from bench.figures import Effort, Figure
from bench.registry import BENCHMARKS

RESULTS: Final = Path(__file__).parent / "results.json"


def main() -> int:
    """Runs all benchmarks, or those named, one after another."""
    options = _options()
    logging.basicConfig(level=logging.ERROR)
    console, effort = Console(), Effort(options.quick)
    results: dict[str, Sequence[Figure]] = {}
    for benchmark in BENCHMARKS:
        if options.names and benchmark.name not in options.names:
            continue
        with console.status(f"{benchmark.title} ({benchmark.name})"):
            results[benchmark.name] = uvloop.run(benchmark.run(effort))
        console.print(report.table(benchmark.title, results[benchmark.name]))
    RESULTS.write_bytes(report.document(results, effort))
    console.print(f"Written to {RESULTS.relative_to(Path.cwd(), walk_up=True)}")
    return 0


def _options() -> argparse.Namespace:
    names = [benchmark.name for benchmark in BENCHMARKS]
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names)}")
    parser.add_argument("--quick", action="store_true", help="a first impression, in a minute")
    options = parser.parse_args()
    if unknown := set(options.names) - set(names):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    return options


if __name__ == "__main__":
    sys.exit(main())

"""`python -m ops generate`: the files that follow from the code."""

import argparse
import sys
from pathlib import Path
from typing import Any, Final

import msgspec

from domain.registry import AGGREGATES
from functions.openapi.api_management import public_document
from functions.openapi.catalog import catalog
from functions.openapi.document import document
from ops.emulators import event_hubs_emulator
from ops.resources import resources
from projections.registry import PROJECTIONS
from wiring import VERSION

ROOT: Final = Path(__file__).parent.parent


def generated() -> dict[str, bytes]:
    """Every generated file: its path from the root, its content."""
    needed = resources()
    operations = tuple(catalog(AGGREGATES, PROJECTIONS))
    return {
        "infra/resources.json": _pretty(needed),
        "infra/emulators/event-hubs.json": _pretty(event_hubs_emulator(needed)),
        "openapi.json": _pretty(document(operations, VERSION)),
        "openapi.public.json": _pretty(public_document(operations, VERSION)),
    }


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("generate", help="write what follows from the code")
    parser.add_argument("--check", action="store_true", help="write nothing, fail on drift")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Writes the files, or with --check compares them; 1 when one is out of date."""
    drifted = []
    for name, content in generated().items():
        path = ROOT / name
        if options.check:
            if not path.exists() or path.read_bytes() != content:
                drifted.append(name)
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
            print(f"wrote {name}")
    if drifted:
        print(f"out of date: {', '.join(drifted)}; run 'make generate'", file=sys.stderr)
    return 1 if drifted else 0


def _pretty(content: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"

"""The repository as the rules see it: its files, and what each module imports."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent

PRODUCT = (
    "function_app",
    "functions",
    "wiring",
    "clients",
    "custody",
    "projections",
    "event_store",
    "privacy",
    "domain",
    "settings",
    "telemetry",
)
"""What is deployed, in the order in which it may import."""


@cache
def files() -> tuple[Path, ...]:
    """Every file of the repository, relative to its root, new ones included."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    names = [Path(name) for name in listed.stdout.split("\0") if name]
    return tuple(name for name in names if (ROOT / name).is_file())


def modules(top: str) -> list[Path]:
    """The modules of a top-level package, or the one top-level module of that name."""
    return [
        path
        for path in files()
        if path.suffix == ".py" and (path.parts[0] == top or path == Path(f"{top}.py"))
    ]


def imports(path: Path) -> Iterator[str]:
    """The dotted names that a module imports, wherever in it."""
    for node in ast.walk(ast.parse((ROOT / path).read_text(), str(path))):
        match node:
            case ast.Import():
                yield from (alias.name for alias in node.names)
            case ast.ImportFrom():
                assert node.level == 0, f"{path} imports relatively"
                assert node.module is not None
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
            case _:
                pass


def top_of(name: str) -> str:
    return name.partition(".")[0]

"""What is deployed is whole: it starts from its own files and its own requirements, and from nothing else."""

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import msgspec
import pathspec
import pytest

from tests.fakes.app import ENVIRONMENT
from tests.rules.function_app import names
from tests.rules.repository import ROOT, files
from tests.rules.test_requirements import RUNTIME, requirements

START = """
import json, sys
sys.path[:0] = sys.argv[1:]
import function_app
print(json.dumps({
    "functions": [f.get_function_name() for f in function_app.app.get_functions()],
    "modules": sorted(sys.modules),
}))
"""
HEAVY = (
    "azure.cosmos",
    "azure.data",
    "azure.eventhub",
    "azure.identity",
    "azure.monitor",
    "jsonschema",
    "opentelemetry.sdk",
)
"""Loaded by the first call that needs them, not by every cold start."""


class Started(msgspec.Struct):
    functions: list[str]
    modules: list[str]


def deployed() -> list[Path]:
    """The files that `.funcignore` lets through."""
    lines = (ROOT / ".funcignore").read_text().splitlines()
    ignored = pathspec.GitIgnoreSpec.from_lines(lines)
    return [path for path in files() if not ignored.match_file(path)]


def link_distributions(folder: Path) -> None:
    """A folder of packages that holds the distributions of requirements.txt and no other."""
    for requirement in requirements(RUNTIME):
        distribution = metadata.distribution(requirement.name)
        for file in distribution.files or ():
            depth = 2 if file.parts[0] == "azure" else 1
            if ".." in file.parts or len(file.parts) < depth:
                continue
            link = folder.joinpath(*file.parts[:depth])
            if not link.exists():
                link.parent.mkdir(exist_ok=True)
                link.symlink_to(
                    Path(str(distribution.locate_file(""))).joinpath(*file.parts[:depth])
                )


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Started:
    app = tmp_path_factory.mktemp("app")
    for path in deployed():
        (app / path).parent.mkdir(parents=True, exist_ok=True)
        (app / path).write_bytes((ROOT / path).read_bytes())
    packages = tmp_path_factory.mktemp("packages")
    link_distributions(packages)
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", START, str(app), str(packages)],
        cwd=app,
        env={"PATH": os.environ["PATH"], **ENVIRONMENT},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return msgspec.json.decode(run.stdout, type=Started)


def test_the_deployed_app_lists_its_functions(started: Started) -> None:
    assert started.functions == names()
    assert len(started.functions) > 5


def test_the_heavy_packages_wait_until_they_are_needed(started: Started) -> None:
    assert not [name for name in started.modules if name in HEAVY]


def test_what_is_deployed_is_the_app_and_nothing_of_its_development() -> None:
    tops = {path.parts[0] for path in deployed()}
    assert tops >= {
        "function_app.py",
        "functions",
        "wiring.py",
        "clients.py",
        "custody",
        "projections",
        "event_store",
        "privacy",
        "domain",
        "settings",
        "telemetry",
        "host.json",
        "requirements.txt",
    }
    suffixes = {path.suffix for path in deployed()}
    assert suffixes <= {".py", ".json", ".txt", ".html"}
    of_development = {"tests", "local", "ops", "bench", "docs", "infra", "scripts"}
    assert not tops & of_development
    assert not [path for path in deployed() if path.name.startswith((".", "local.settings"))]

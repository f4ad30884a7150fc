"""The templates compile without a warning, are formatted, and make what the snapshots say."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.infra.compiler import PARAMETERS, bicep, compiler
from tests.infra.deployment import deployment
from tests.rules.repository import ROOT

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
TENANT = "00000000-0000-0000-0000-000000000002"
SNAPSHOT = ("--subscription-id", SUBSCRIPTION, "--tenant-id", TENANT, "--location", "westeurope")

pytestmark = pytest.mark.slow


def validate(parameters: str) -> CompletedProcess[str]:
    return bicep("snapshot", f"parameters/{parameters}.bicepparam", "--mode", "validate", *SNAPSHOT)


@pytest.fixture(scope="module")
def validated() -> dict[str, CompletedProcess[str]]:
    """A comparison with each snapshot, side by side: each compiles all templates anew."""
    compiler()
    with ThreadPoolExecutor() as pool:
        return dict(zip(PARAMETERS, pool.map(validate, PARAMETERS), strict=True))


def test_the_templates_lint_without_a_warning() -> None:
    linted = bicep("lint", "--no-restore", "main.bicep")
    assert (linted.returncode, linted.stdout + linted.stderr) == (0, "")


def test_the_templates_are_formatted(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "infra", tmp_path / "infra")
    for pattern in ("./**/*.bicep", "./**/*.bicepparam"):
        assert bicep("format", "--pattern", pattern, cwd=tmp_path / "infra").returncode == 0
    sources = [path for path in (ROOT / "infra").rglob("*.bicep*") if path.suffix != ".json"]
    assert len(sources) > 20
    for source in sources:
        formatted = tmp_path / source.relative_to(ROOT)
        assert formatted.read_text() == source.read_text(), f"run 'scripts/infra': {source.name}"


@pytest.mark.parametrize("parameters", PARAMETERS)
def test_the_templates_build_without_a_warning_into_what_the_snapshot_says(
    parameters: str, validated: dict[str, CompletedProcess[str]]
) -> None:
    run = validated[parameters]
    assert run.returncode == 0, f"look at it, then run 'scripts/infra':\n{run.stdout}{run.stderr}"
    assert run.stderr == ""
    assert deployment(parameters).snapshot.diagnostics == ()

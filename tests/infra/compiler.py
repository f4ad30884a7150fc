"""The Bicep compiler: BICEP in the environment, the one beside the repository, or the one on the path."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.rules.repository import ROOT

BESIDE: Final = ROOT.parent / "shared/tools/bicep/bicep"
DOTNET: Final = {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1", "DOTNET_TieredPGO": "0"}
"""No ICU is needed, and no profile pays off within seconds."""
PARAMETERS: Final = ("dev", "prod", "private")


def compiler() -> str:
    """Its path; skips the test where there is none, unless in CI, which must not skip it."""
    found = os.environ.get("BICEP") or (str(BESIDE) if BESIDE.exists() else shutil.which("bicep"))
    if found is None and os.environ.get("CI") == "true":
        pytest.fail("CI needs the Bicep compiler: on the path, or named by BICEP")
    if found is None:
        pytest.skip("the Bicep compiler is neither on the path nor named by BICEP")
    return found


def bicep(*arguments: str | Path, cwd: Path = ROOT / "infra") -> subprocess.CompletedProcess[str]:
    """One run of the compiler, to its end."""
    return subprocess.run(
        [compiler(), *map(str, arguments)],
        cwd=cwd,
        env=os.environ | DOTNET,
        capture_output=True,
        text=True,
        check=False,
    )

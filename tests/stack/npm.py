"""Packages from npm for tests: pinned, installed once into a folder of this machine's temporary files."""

import hashlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest

PATIENCE = 180
"""Seconds for an installation."""


def installed(name: str, packages: Mapping[str, str]) -> Path:
    """A folder with these packages in `node_modules`, by their versions; kept between runs, one for each
    set of pins. Skips the test where there is no Node.js, or no way to the packages."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not installed")
    pins = json.dumps({"private": True, "type": "module", "dependencies": dict(packages)})
    folder = (
        Path(tempfile.gettempdir()) / f"{name}-{hashlib.sha256(pins.encode()).hexdigest()[:12]}"
    )
    if not (folder / "installed").exists():
        _install(folder, pins)
    return folder


def _install(folder: Path, pins: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "package.json").write_text(pins)
    npm = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=1"]
    try:
        done = subprocess.run(
            npm, check=False, cwd=folder, capture_output=True, text=True, timeout=PATIENCE
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm could not install {folder.name} within {PATIENCE} s")
    if done.returncode:
        pytest.skip(f"npm could not install {folder.name}: {done.stderr.strip()[-200:]}")
    (folder / "installed").touch()

"""The JavaScript SDK against the same namespace: one round trip."""

import hashlib
import json
import shutil
import subprocess
import tempfile
import uuid
from pathlib import Path

import pytest

from tests.conformance.event_hubs.namespace import Namespace

SOURCES = Path(__file__).parent / "javascript"


@pytest.fixture(scope="session")
def project() -> Path:
    """A folder with the pinned SDK installed; kept between runs, one for each set of pins."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not installed")
    pins = (SOURCES / "package.json").read_bytes()
    folder = Path(tempfile.gettempdir()) / f"event-hubs-js-{hashlib.sha256(pins).hexdigest()[:12]}"
    if not (folder / "installed").exists():
        _install(folder, pins)
    shutil.copy(SOURCES / "round_trip.js", folder)
    return folder


def _install(folder: Path, pins: bytes) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "package.json").write_bytes(pins)
    npm = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=1"]
    try:
        done = subprocess.run(
            npm, check=False, cwd=folder, capture_output=True, text=True, timeout=120
        )
    except subprocess.TimeoutExpired:
        pytest.skip("npm could not install @azure/event-hubs within 120 s")
    if done.returncode:
        pytest.skip(f"npm could not install @azure/event-hubs: {done.stderr.strip()[-200:]}")
    (folder / "installed").touch()


def test_the_javascript_sdk_sends_and_receives(namespace: Namespace, project: Path) -> None:
    key = str(uuid.uuid4())
    done = subprocess.run(
        ["node", "round_trip.js", namespace.connection_string, namespace.hub, key],
        check=False,
        cwd=project,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["name"].lower() == namespace.hub.lower()
    numbers = [event.pop("sequenceNumber") for event in answer["events"]]
    assert numbers == [*range(numbers[0], numbers[0] + 3)]
    assert answer["events"] == [
        {
            "body": {"number": number, "text": "ü"},
            "contentType": "application/json",
            "properties": {"eventType": "Counted"},
        }
        for number in (1, 2, 3)
    ]

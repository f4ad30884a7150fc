"""The JavaScript SDK against the same namespace: one round trip."""

import json
import shutil
import subprocess
import uuid
from pathlib import Path

import pytest

from tests.conformance.event_hubs.namespace import Namespace
from tests.stack.npm import installed

SOURCES = Path(__file__).parent / "javascript"


@pytest.fixture(scope="session")
def project() -> Path:
    folder = installed("event-hubs-js", {"@azure/event-hubs": "6.0.4"})
    shutil.copy(SOURCES / "round_trip.js", folder)
    return folder


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

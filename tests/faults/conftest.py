"""A stack of its own for each test that breaks one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack.local_azure import LocalAzure


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[LocalAzure]:
    stack = LocalAzure(tmp_path / "data").start()
    try:
        yield stack
    finally:
        stack.kill()

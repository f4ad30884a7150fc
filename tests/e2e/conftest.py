"""One stack for all tests of this folder: each makes orders and products of its own."""

from collections.abc import AsyncIterator, Callable, Iterator
from itertools import count

import pytest

from tests.stack.client import Client, client_of
from tests.stack.local_azure import LocalAzure


@pytest.fixture(scope="session")
def local_azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAzure]:
    stack = LocalAzure(tmp_path_factory.mktemp("e2e") / "data").start()
    try:
        yield stack
    finally:
        stack.kill()


@pytest.fixture
async def client(local_azure: LocalAzure) -> AsyncIterator[Client]:
    async with client_of(local_azure.url) as client:
        yield client


@pytest.fixture(scope="session")
def new_id() -> Callable[[], str]:
    """Ids that no other test uses."""
    numbers = count(1)
    return lambda: f"e2e-{next(numbers)}"

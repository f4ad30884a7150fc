"""A storage account for all tests of the cache."""

from collections.abc import Iterator

import pytest

from tests.stack import azurite


@pytest.fixture(scope="session")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The connection string of a storage account: Azurite's."""
    with azurite.storage("table", tmp_path_factory.mktemp("azurite")) as connection_string:
        yield connection_string

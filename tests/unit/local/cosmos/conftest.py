"""An account in memory with one container, `c`, partitioned by `/pk`."""

from collections.abc import Iterator

import pytest

from tests.unit.local.cosmos.account import Account


@pytest.fixture
def empty_account() -> Iterator[Account]:
    account = Account()
    yield account
    account.cosmos.close()


@pytest.fixture
def account(empty_account: Account) -> Account:
    assert empty_account.container().status == 201
    return empty_account

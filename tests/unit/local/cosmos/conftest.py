"""Accounts in memory; but for the empty one with a container, `c`, partitioned by `/pk`."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.unit.local.cosmos.account import Account


@pytest.fixture
def empty_account() -> Iterator[Account]:
    account = Account()
    with closing(account.cosmos):
        yield account


@pytest.fixture
def account(empty_account: Account) -> Account:
    assert empty_account.container().status == 201
    return empty_account


@pytest.fixture
def strict() -> Iterator[Account]:
    """An account whose default consistency is bounded staleness."""
    account = Account(consistency="BoundedStaleness")
    with closing(account.cosmos):
        account.container()
        yield account

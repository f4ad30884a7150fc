"""An account of its own for every test."""

from collections.abc import AsyncIterator

import pytest

from tests.stack.in_process import Account
from tests.stack.in_process import account as open_account


@pytest.fixture
async def account() -> AsyncIterator[Account]:
    async with open_account() as account:
        yield account

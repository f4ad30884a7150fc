"""How tests run everywhere: Hypothesis without a deadline, because the machine may be busy, and with few
examples, because the tests are many (`HYPOTHESIS_PROFILE=thorough` looks longer); side by side by file, but
for those that share a stack: a second one would take its time, and its share of the machine."""

import os

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "quick", deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

SHARED = "local_azure"
"""The fixture of the stack in tests/e2e."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Names the group of each test, for `--dist loadgroup`, before xdist looks at it."""
    for item in items:
        shares = isinstance(item, pytest.Function) and SHARED in item.fixturenames
        item.add_marker(pytest.mark.xdist_group(SHARED if shares else item.location[0]))

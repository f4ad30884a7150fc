"""What is generated is as the code would generate it now."""

import pytest

from ops.__main__ import main
from ops.generate import generated
from tests.rules.repository import ROOT


@pytest.mark.parametrize("name", generated())
def test_a_generated_file_is_up_to_date(name: str) -> None:
    assert (ROOT / name).read_bytes() == generated()[name], "run 'make generate'"


def test_the_check_agrees() -> None:
    assert main(["generate", "--check"]) == 0

"""Log lines about a service that does not answer."""

import pytest

from local.functions_host.trouble import Trouble


def test_the_same_trouble_is_said_once_another_kind_again_and_its_end_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    trouble = Trouble("feed")
    trouble.over()
    for error in (OSError("refused"), OSError("refused"), ValueError("a\nb"), OSError("")):
        trouble.report(error)
    trouble.over()
    trouble.over()
    assert caplog.messages == [
        "feed: OSError: refused; trying again",
        "feed: ValueError: a; trying again",
        "feed: OSError: no message; trying again",
        "feed: works again",
    ]

"""What `python -m ops verify` tells people."""

from custody.findings import Finding
from custody.verification import Report
from ops.verify import lines

FOUND = Finding("order-1", 3, "removed", "it is not there, and a later one is")


def test_a_sound_log_is_one_line() -> None:
    assert lines(Report(5, 2, 2, [])) == ["5 events of 2 streams, 2 signed heads: nothing found"]


def test_every_finding_is_a_line() -> None:
    told = lines(Report(5, 2, 2, [FOUND], lists="A list is missing."))
    assert told == [
        "order-1 version 3 removed: it is not there, and a later one is",
        "A list is missing.",
        "5 events of 2 streams, 2 signed heads: 2 findings",
    ]


def test_without_signed_heads_it_says_what_was_not_seen() -> None:
    assert lines(Report(5, 2, 0, []))[-1].startswith("No heads are signed")

"""What `python -m ops verify` tells people."""

import argparse

import pytest

from custody.findings import Finding
from custody.verification import Report
from ops.verify import add_to, lines

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


def test_the_moments_of_a_restore_are_taken_as_events_have_them() -> None:
    parser = argparse.ArgumentParser()
    add_to(parser.add_subparsers())
    given = ["verify", "--restored", "2026-11-23T11:00:00+01:00", "2026-11-23T14:30:00Z"]
    assert parser.parse_args(given).restored == [
        ["2026-11-23T10:00:00.000000Z", "2026-11-23T14:30:00.000000Z"]
    ]


@pytest.mark.parametrize("moment", ["yesterday", "2026-11-23", "2026-11-23T10:00:00"])
def test_a_moment_that_could_be_any_is_refused(
    moment: str, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = argparse.ArgumentParser()
    add_to(parser.add_subparsers())
    with pytest.raises(SystemExit):
        parser.parse_args(["verify", "--restored", moment, "2026-11-23T14:30:00Z"])
    assert "expected a moment such as 2026-11-23T10:00:00Z" in capsys.readouterr().err

"""`python -m ops rebuild` and `dead-letters`: what their arguments mean, and what they refuse."""

import argparse
import functools
from pathlib import Path

import pytest

from ops import connected, dead_letters
from ops.__main__ import main
from ops.rebuild import REBUILDABLE
from projections.projection import Reaction
from projections.registry import PROJECTIONS


class Asked:
    """Stands where commands are run; what it was asked to do."""

    def __init__(self, interrupted: bool = False) -> None:
        self.work: connected.Work | None = None
        self.settings: Path | None = None
        self._interrupted = interrupted

    def __call__(self, options: argparse.Namespace, work: connected.Work) -> int:
        self.work, self.settings = work, options.settings
        if self._interrupted:
            raise KeyboardInterrupt
        return 0

    @property
    def named(self) -> tuple[object, dict[str, object]]:
        """The function that is to run, and what it is told beside the application."""
        match self.work:
            case functools.partial(func=function, keywords=told):
                return function, told
            case function:
                return function, {}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    asked = Asked()
    monkeypatch.setattr(connected, "run", asked)
    return asked


def refusal(*arguments: str) -> int | str | None:
    with pytest.raises(SystemExit) as stopped:
        main(list(arguments))
    return stopped.value.code


def test_everything_but_a_reaction_can_be_rebuilt(capsys: pytest.CaptureFixture[str]) -> None:
    reactions = [projection for projection in PROJECTIONS if isinstance(projection, Reaction)]
    assert [*REBUILDABLE.values(), *reactions] == list(PROJECTIONS)
    for name in (reactions[0].name, "none"):
        assert refusal("rebuild", name) == 2
        assert "order_search" in capsys.readouterr().err


def test_a_rebuild_has_four_workers_or_as_many_as_are_asked_for(asked: Asked) -> None:
    for arguments, workers in (([], 4), (["--workers", "9"], 9)):
        assert main(["rebuild", "order_search", *arguments]) == 0
        _, told = asked.named
        assert told == {"projection": REBUILDABLE["order_search"], "workers": workers}


@pytest.mark.parametrize("workers", ["0", "-1", "257", "many", "1.5"])
def test_workers_are_a_number_that_makes_sense(
    workers: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refusal("rebuild", "order_search", f"--workers={workers}") == 2
    assert "from 1 to 256" in capsys.readouterr().err


def test_ctrl_c_says_that_it_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(connected, "run", Asked(interrupted=True))
    assert main(["rebuild", "order_search"]) == 130
    assert "timer goes on" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "function", "told"),
    [
        ([], dead_letters.show, {}),
        (["list"], dead_letters.show, {}),
        (["replay", "a.b"], dead_letters.replay_one, {"id_": "a.b"}),
        (["replay", "--all"], dead_letters.replay_all, {}),
    ],
)
def test_dead_letters_are_listed_or_replayed(
    asked: Asked, arguments: list[str], function: object, told: dict[str, object]
) -> None:
    assert main(["dead-letters", *arguments]) == 0
    assert asked.named == (function, told)


def test_a_replay_is_of_one_or_of_all() -> None:
    assert refusal("dead-letters", "replay") == 2
    assert refusal("dead-letters", "replay", "a.b", "--all") == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["rebuild", "order_search", "--settings", "f"],
        ["dead-letters", "--settings", "f"],
        ["dead-letters", "--settings", "f", "replay", "--all"],
        ["dead-letters", "replay", "--all", "--settings", "f"],
        ["dead-letters", "list", "--settings", "f"],
    ],
)
def test_a_file_of_settings_may_be_named_anywhere(asked: Asked, arguments: list[str]) -> None:
    assert main(arguments) == 0
    assert asked.settings == Path("f")


def test_no_file_of_settings_has_to_be_named(asked: Asked) -> None:
    for arguments in (["rebuild", "order_search"], ["dead-letters"], ["dead-letters", "list"]):
        assert main(arguments) == 0
        assert asked.settings is None

"""`python -m ops generate`: writes what follows from the code, or says what no longer does."""

from pathlib import Path

import msgspec
import pytest

from ops import generate
from ops.__main__ import main


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    return tmp_path


def test_it_writes_every_generated_file(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate"]) == 0
    said = capsys.readouterr().out
    for name, content in generate.generated().items():
        assert (root / name).read_bytes() == content
        assert f"wrote {name}" in said


def test_the_check_passes_once_all_is_written(root: Path) -> None:
    main(["generate"])
    assert main(["generate", "--check"]) == 0


def test_the_check_names_what_is_missing_or_out_of_date_and_writes_nothing(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "infra").mkdir()
    old = root / "infra" / "resources.json"
    for there in (False, True):
        if there:
            old.write_bytes(b"{}\n")
        assert main(["generate", "--check"]) == 1
        assert "infra/resources.json" in capsys.readouterr().err
        assert old.exists() == there


def test_generating_twice_gives_the_same_bytes() -> None:
    assert generate.generated() == generate.generated()
    for content in generate.generated().values():
        assert content.endswith(b"\n")
        assert msgspec.json.decode(content)


def test_a_command_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([])
    assert stopped.value.code == 2
    assert "generate" in capsys.readouterr().err

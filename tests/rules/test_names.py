"""Names that shadow nothing and say something."""

import re
import sys

from tests.rules.repository import ROOT, files

EMPTY_NAMES = {"utils", "util", "helpers", "helper", "manager", "base", "common", "data", "misc"}


def test_no_top_level_name_is_the_standard_librarys() -> None:
    """The app's root is on the path of the worker: `platform.py` there would be everybody's."""
    tops = {path.parts[0].removesuffix(".py") for path in files()}
    assert {"domain", "functions", "settings"} <= tops
    assert not tops & set(sys.stdlib_module_names)


def test_every_module_has_a_name_that_says_what_it_is_for() -> None:
    names = {part.removesuffix(".py") for path in files() for part in path.parts}
    assert not names & EMPTY_NAMES


def texts() -> dict[str, str]:
    """Every file that is text."""
    found = {}
    for path in files():
        raw = (ROOT / path).read_bytes()
        if b"\0" not in raw:
            found[str(path)] = raw.decode(errors="replace")
    return found


def lines_with(pattern: str) -> list[str]:
    search = re.compile(pattern).search
    return [
        f"{path}:{number}"
        for path, text in texts().items()
        for number, line in enumerate(text.splitlines(), start=1)
        if search(line)
    ]


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    """`/home/site` is the platform's own."""
    absolute = r"(?<![\w.~}])/(?:home/(?!site\b)\w|root\b|Users/\w|work/\w)"
    assert re.search(absolute, "in /ho" + "me/ada") is not None
    assert lines_with(absolute) == []
    assert lines_with(r"[A-Z]:\\\\?Users") == []


def test_nothing_is_left_to_be_done_later() -> None:
    later = "|".join(("TO" + "DO", "FIX" + "ME"))
    assert lines_with(rf"\b(?:{later})\b") == []


def test_every_module_begins_with_what_it_is_for() -> None:
    without = [
        path
        for path, text in texts().items()
        if path.endswith(".py") and not text.lstrip().startswith('"""')
    ]
    assert without == []

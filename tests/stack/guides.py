"""Guides followed to the letter: the files that a document shows, in a copy of the application."""

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from tests.rules.repository import ROOT, files


def written(guide: str, name: str) -> str:
    """The file of this name in a guide's text."""
    found = re.search(
        rf"^`{re.escape(name)}`.*?^```python\n(.*?)^```", guide, re.DOTALL | re.MULTILINE
    )
    assert found is not None, f"the guide does not show {name}"
    return found[1]


def followed(guide: str, names: Iterable[str], copy: Path) -> Path:
    """A copy of the application with these files as the guide shows them."""
    for path in files():
        target = copy / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, target)
    for name in names:
        (copy / name).write_text(written(guide, name))
    return copy

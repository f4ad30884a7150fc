"""Every link in a document leads to a file of the repository, and to a heading that is there."""

import re
from pathlib import Path
from typing import Final

import pytest

from tests.rules.repository import ROOT, files

DOCUMENTS: Final = sorted(str(path) for path in files() if path.suffix == ".md")
LINK: Final = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)")


def anchors(document: Path) -> set[str]:
    """Those that GitHub gives a page's headings: lower case, without signs, a hyphen for a space."""
    outside = re.sub(r"^```.*?^```$", "", document.read_text(), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", outside, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_link_leads_somewhere(name: str) -> None:
    document = ROOT / name
    for target, anchor in LINK.findall(document.read_text()):
        path = (document.parent / target).resolve() if target else document
        assert path.exists(), f"{name} links to {target}"
        if anchor:
            assert anchor in anchors(path), f"{name} links to {target}#{anchor}"


def test_a_heading_is_found_by_its_anchor(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Who may call?\n\n```\n# no heading\n```\n\n## `python -m ops`\n")
    assert anchors(page) == {"who-may-call", "python--m-ops"}

"""The changelog has the form that CONTRIBUTING.md requires, and README stays short."""

import re
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).parents[2]
_HEADINGS: Final = re.compile(r"^## \[(?:Unreleased|\d+\.\d+\.\d+)\]", re.MULTILINE)
_SECTIONS: Final = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")


def test_changelog_has_the_form_of_keep_a_changelog() -> None:
    text = (_ROOT / "CHANGELOG.md").read_text("utf-8")
    assert len(re.findall(r"^## ", text, re.MULTILINE)) == len(_HEADINGS.findall(text)) >= 1
    sections = re.findall(r"^### (.+)$", text, re.MULTILINE)
    assert sections
    assert [section for section in sections if not section.startswith(_SECTIONS)] == []


def test_changelog_lines_are_short() -> None:
    lines = (_ROOT / "CHANGELOG.md").read_text("utf-8").splitlines()
    assert len(lines) <= 120
    entries = [line.removeprefix("- ") for line in lines if line.startswith("- ")]
    assert [entry for entry in entries if len(entry.split()) > 25] == []


def test_readmes_are_at_most_120_lines() -> None:
    for name in ("README.md", "README.zh-CN.md"):
        assert len((_ROOT / name).read_text("utf-8").splitlines()) <= 120, name

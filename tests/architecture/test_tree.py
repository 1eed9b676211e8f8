"""The tree: no file names a path of one machine, and none is a leftover."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.support.sources import SERVER

_ROOT: Final = Path(__file__).parents[2]
_TEXT: Final = {
    ".py",
    ".md",
    ".toml",
    ".txt",
    ".sql",
    ".yml",
    ".yaml",
    ".java",
    ".json",
    ".xml",
    ".sh",
    ".html",
    ".css",
    ".js",
    ".svg",
    ".ts",
    "",
}
# In brackets, so that this line doesn't match itself.
_PLACES: Final = re.compile(r"(?<![\w.])/(?:[w]ork/|[r]oot/|[h]ome/\w|[U]sers/\w)")
_OF_A_MAN: Final = re.compile(
    r"(?<![a-z])(?:he|him|his|himself|she|her|hers|herself)(?![a-z])", re.IGNORECASE
)
_WRITTEN: Final = {".py", ".md", ".sql", ".toml", ".html", ".css", ".ts", ".vue", ".mjs"}
_THIS: Final = "tests/architecture/test_tree.py"
_SYLLABLE: Final = "src/mshield/server/systems/rules/lookalike.py"
_NO_SUBJECTS: Final = {
    "acts", "authorities", "commands", "content", "database", "http", "keys", "runtime", "seals", "settings", "values",
}  # fmt: skip
"""Folders that aren't subjects: foundations of all subjects, and their interfaces."""
_LEFTOVERS: Final = (".orig", ".rej", ".bak", ".swp", ".pyc")


def _files() -> Iterator[Path]:
    """Yields this version's files: tracked or addable in git; without git, all except in ignored folders."""
    if (_ROOT / ".git").exists():
        listed = subprocess.run(
            ("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"),
            cwd=_ROOT,
            check=True,
            capture_output=True,
        )
        names = listed.stdout.decode().split("\0")
        yield from (_ROOT / name for name in names if name and (_ROOT / name).is_file())
        return
    skipped = {line.strip("/\n") for line in (_ROOT / ".gitignore").read_text().splitlines()}
    for file in _ROOT.rglob("*"):
        if file.is_file() and not skipped & set(file.relative_to(_ROOT).parts):
            yield file


def test_no_file_contains_a_path_of_one_machine() -> None:
    found = []
    for file in _files():
        if file.suffix in _TEXT:
            for number, line in enumerate(file.read_text("utf-8", "replace").splitlines(), 1):
                if _PLACES.search(line):
                    found.append(f"{file.relative_to(_ROOT)}:{number}: {line.strip()[:120]}")
    assert not found


def test_no_leftovers() -> None:
    assert not [file.name for file in _files() if file.name.endswith(_LEFTOVERS)]


def test_texts_use_gender_neutral_pronouns() -> None:
    """Migrations are excluded, since an applied migration is never rewritten."""
    texts = {file.relative_to(_ROOT).as_posix(): file for file in _files() if file.suffix in _WRITTEN}
    assert not [
        f"{place}:{number}: {line.strip()[:120]}"
        for place, file in texts.items()
        if "migrations" not in file.parts and place not in {_SYLLABLE, _THIS}
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if _OF_A_MAN.search(line)
    ]


def test_tests_have_the_names_of_their_subjects() -> None:
    tests = _ROOT / "tests"
    assert [file.name for file in tests.glob("*.py")] == ["conftest.py"]
    assert not list((tests / "support").rglob("test_*.py"))
    assert not [name for name in _subjects() if not list((tests / name).glob("test_*.py"))]


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_a_page_names_each_subject_once(page: str) -> None:
    listed = re.search(r"(?:\w+, ){10,}\w+", (_ROOT / page).read_text("utf-8"))
    assert listed is not None
    assert sorted(listed[0].split(", ")) == sorted(_subjects())


def _subjects() -> set[str]:
    return {file.parent.name for file in SERVER.glob("*/__init__.py")} - _NO_SUBJECTS

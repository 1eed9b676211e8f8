"""The tree: no file names a place that exists on one machine only, and none is a leftover."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

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
_SYLLABLE: Final = "src/mshield/domain/systems/lookalike.py"
NO_NOUNS: Final = {"found", "made", "told", "given", "each"}
_LEFTOVERS: Final = (".orig", ".rej", ".bak", ".swp", ".pyc")


def _files() -> Iterator[Path]:
    """The files of this version: what git knows or would take; without git, all but the ignored folders."""
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


def test_no_file_names_a_place_of_one_machine() -> None:
    found = []
    for file in _files():
        if file.suffix in _TEXT:
            for number, line in enumerate(file.read_text("utf-8", "replace").splitlines(), 1):
                if _PLACES.search(line):
                    found.append(f"{file.relative_to(_ROOT)}:{number}: {line.strip()[:120]}")
    assert not found


def test_no_leftovers() -> None:
    assert not [file.name for file in _files() if file.name.endswith(_LEFTOVERS)]


def test_people_are_they() -> None:
    """What a database has applied is never written anew, so comments of old migrations stay."""
    texts = {file.relative_to(_ROOT).as_posix(): file for file in _files() if file.suffix in _WRITTEN}
    assert not [
        f"{place}:{number}: {line.strip()[:120]}"
        for place, file in texts.items()
        if not {"migrations", "generated"} & set(file.parts) and place not in {_SYLLABLE, _THIS}
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if _OF_A_MAN.search(line)
    ]


def test_what_has_a_noun_is_named_by_it() -> None:
    """A row, a proof, a notice: no `found`, `made`, `told`, `given`, `each` in the source."""
    assert not [
        f"{file.relative_to(_ROOT)}:{line}: {name}"
        for file in (_ROOT / "src/mshield").rglob("*.py")
        for line, name in _names(ast.parse(file.read_text("utf-8")))
        if name in NO_NOUNS
    ]


def _names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """What is named there, by line: variables, parameters, fields, functions."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield node.lineno, name
            case ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield node.lineno, name
            case ast.MatchAs(name=str(name)) | ast.ExceptHandler(name=str(name)):
                yield node.lineno, name


def test_tests_have_the_names_of_their_subjects() -> None:
    tests, source = _ROOT / "tests", _ROOT / "src/mshield"
    assert [file.name for file in tests.glob("*.py")] == ["conftest.py"]
    assert not list((tests / "support").rglob("test_*.py"))
    subjects = {file.parent.name for room in ("services", "store") for file in (source / room).glob("*/*.py")}
    about_none = {"database", "jobs", "migrations"}
    assert not [name for name in subjects - about_none if not list((tests / name).glob("test_*.py"))]


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_a_page_names_each_subject_once(page: str) -> None:
    listed = re.search(r"(?:\w+, ){10,}\w+", (_ROOT / page).read_text("utf-8"))
    assert listed is not None
    folders = {file.parent.name for file in (_ROOT / "src/mshield/services").glob("*/__init__.py")}
    assert sorted(listed[0].split(", ")) == sorted(folders - {"jobs"})

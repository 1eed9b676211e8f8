"""A comment that silences a checker names the rule, and the reason after it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).parents[2]
_PYTHON: Final = ("client/src", "src", "testkit/src", "tests", "benches", "drill", "examples", "scripts")
_SKIPPED: Final = {"node_modules", "static", "migrations"}
"""Folders to skip; a released migration stays unchanged, byte by byte."""
_NOQA: Final = re.compile(r"# noqa\b(?P<rest>.*)")
_IGNORE: Final = re.compile(r"# type: ignore\b(?P<rest>.*)")
_RULES: Final = re.compile(r": (?P<codes>[A-Z]+\d+(?:, [A-Z]+\d+)*)  (?:# )?\S.*")
_CODES: Final = re.compile(r"\[[a-z-]+(?:, ?[a-z-]+)*\]  (?:# )?\S.*")
_SAME: Final = re.compile(r": A00[12](?:  # \S.*)?")
"""A Python built-in's name: always because the column, the field or the standard uses it."""
_OXLINT: Final = re.compile(r"(?:oxlint|eslint)-disable(?P<rest>.*)")
_OXLINT_RULE: Final = re.compile(r"(?:-next-line|-line)? [a-z/-]+(?:, [a-z/-]+)* -- \S.*")
_TYPESCRIPT: Final = re.compile(r"@ts-(?:ignore|nocheck|expect-error)")


def _files(folders: tuple[str, ...], *ends: str) -> Iterator[tuple[str, str]]:
    for folder in folders:
        for file in sorted((_ROOT / folder).rglob("*")):
            if file.suffix in ends and file != Path(__file__) and not _SKIPPED & set(file.parts):
                yield file.relative_to(_ROOT).as_posix(), file.read_text("utf-8")


def _bare(pattern: re.Pattern[str], text: str, *right: re.Pattern[str]) -> Iterator[int]:
    for number, line in enumerate(text.split("\n"), 1):
        match = pattern.search(line)
        if match and not any(one.fullmatch(match["rest"]) for one in right):
            yield number


def test_python_suppressions_have_a_rule_and_a_reason() -> None:
    bare = [
        f"{name}:{number}"
        for name, text in _files(_PYTHON, ".py")
        for number in (*_bare(_NOQA, text, _RULES, _SAME), *_bare(_IGNORE, text, _CODES))
    ]
    assert not bare


def test_frontend_suppressions_have_a_rule_and_a_reason() -> None:
    files = list(_files(("frontend",), ".ts", ".vue", ".js", ".mjs"))
    assert any("oxlint-disable" in text for _, text in files)
    assert not [name for name, text in files if _TYPESCRIPT.search(text)]
    assert not [f"{name}:{number}" for name, text in files for number in _bare(_OXLINT, text, _OXLINT_RULE)]

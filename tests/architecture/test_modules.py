"""Source files: each has a docstring, and no catch-all name."""

import ast
from pathlib import Path
from typing import Final

from tests.support.sources import name, python

_MODULES: Final = python()
_FORBIDDEN: Final = {"utils", "util", "helpers", "helper", "common", "core", "manager", "misc", "base"}


def _name(module: Path) -> str:
    return name(module)


def test_modules_have_a_docstring() -> None:
    silent = [
        _name(module) for module in _MODULES if not ast.get_docstring(ast.parse(module.read_text("utf-8")))
    ]
    assert silent == [], "each needs a docstring of one or two sentences"


def test_modules_have_no_catch_all_name() -> None:
    assert [_name(module) for module in _MODULES if _parts(module) & _FORBIDDEN] == []


def _parts(module: Path) -> set[str]:
    return {part.strip("_").lower() for part in Path(_name(module)).with_suffix("").parts}

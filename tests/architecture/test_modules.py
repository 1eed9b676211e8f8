"""Source files: each says its rules at its head, is small, is named by what it holds, and has few neighbours."""

import ast
from collections import Counter
from pathlib import Path
from typing import Final

import mshield

_PACKAGE: Final = Path(mshield.__file__).parent
_MODULES: Final = sorted(_PACKAGE.rglob("*.py"))
_FORBIDDEN: Final = {"utils", "util", "helpers", "helper", "common", "core", "manager", "misc", "base"}
_LONGEST: Final = 400
_MOST_MODULES: Final = 20
"""In one folder: what a person takes in at a glance."""


def _name(module: Path) -> str:
    return str(module.relative_to(_PACKAGE))


def test_modules_say_what_they_are() -> None:
    silent = [
        _name(module) for module in _MODULES if not ast.get_docstring(ast.parse(module.read_text("utf-8")))
    ]
    assert silent == [], "each needs a docstring of one or two sentences"


def test_modules_are_small() -> None:
    large = [_name(module) for module in _MODULES if module.read_text("utf-8").count("\n") > _LONGEST]
    assert large == [], "split them"


def test_modules_are_named_by_what_they_hold() -> None:
    assert [_name(module) for module in _MODULES if _parts(module) & _FORBIDDEN] == []


def _parts(module: Path) -> set[str]:
    return {part.strip("_").lower() for part in module.relative_to(_PACKAGE).with_suffix("").parts}


def test_a_folder_has_few_modules() -> None:
    modules = Counter(_name(module.parent) for module in _MODULES if module.stem != "__init__")
    assert [folder for folder, count in modules.items() if count > _MOST_MODULES] == [], "divide them"

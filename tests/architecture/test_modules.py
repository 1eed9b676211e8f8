"""Source files: each says its rules at its head, is small, is named by what it holds, and has few neighbours."""

import ast
from pathlib import Path
from typing import Final

import pytest

import mshield

_PACKAGE: Final = Path(mshield.__file__).parent
_MODULES: Final = sorted(_PACKAGE.rglob("*.py"))
_FORBIDDEN: Final = {"utils", "util", "helpers", "helper", "common", "core", "manager", "misc", "base"}
_LONGEST: Final = 400
_MOST_MODULES: Final = 20
"""In one folder: what a person takes in at a glance."""


def _name(module: Path) -> str:
    return str(module.relative_to(_PACKAGE))


@pytest.mark.parametrize("module", _MODULES, ids=_name)
def test_module_says_what_it_is(module: Path) -> None:
    text = module.read_text("utf-8")
    assert ast.get_docstring(ast.parse(text)), "needs a docstring of one or two sentences"
    assert text.count("\n") <= _LONGEST, "split it"


@pytest.mark.parametrize("module", _MODULES, ids=_name)
def test_module_is_named_by_what_it_holds(module: Path) -> None:
    parts = {part.strip("_").lower() for part in module.relative_to(_PACKAGE).with_suffix("").parts}
    assert not parts & _FORBIDDEN


@pytest.mark.parametrize("folder", sorted({module.parent for module in _MODULES}), ids=_name)
def test_a_folder_has_few_modules(folder: Path) -> None:
    modules = [module for module in folder.glob("*.py") if module.stem != "__init__"]
    assert len(modules) <= _MOST_MODULES, "divide it"

"""Examples stand for separate systems: they use only the public client of `mshield`, a CA also its formats."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

import mshield.client
import mshield.client.business

_EXAMPLES: Final = Path(__file__).parents[2] / "examples"
_PUBLIC: Final = {"mshield.client": mshield.client, "mshield.client.business": mshield.client.business}
_FILES: Final = sorted(_EXAMPLES.rglob("*.py"))
_OF_A_CA: Final = ("ra_server",)
_FORMATS: Final = ("gm", "pki")
"""Packages of the client's distribution that an example of a CA uses to read requests and make certificates."""


def _imported(tree: ast.AST) -> Iterator[tuple[str, str | None]]:
    """Yields (module, name) of each import; the name is None if the module itself is imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((each.name, None) for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from ((node.module or "", each.name) for each in node.names)


@pytest.mark.parametrize("file", _FILES, ids=lambda file: str(file.relative_to(_EXAMPLES)))
def test_examples_know_the_public_client_only(file: Path) -> None:
    for module, name in _imported(ast.parse(file.read_text("utf-8"))):
        top, _, rest = module.partition(".")
        if file.parent.name in _OF_A_CA and rest.partition(".")[0] in _FORMATS:
            continue
        if top == "mshield":
            assert module in _PUBLIC, f"{file.name} imports {module}"
            assert name in _PUBLIC[module].__all__, (
                f"{file.name} imports {name}, which {module} doesn't export"
            )


def test_the_examples_are_found() -> None:
    folders = {file.parent.name for file in _FILES}
    assert {"single_window", "palm_customs", *_OF_A_CA} <= folders


@pytest.mark.parametrize("folder", ["single_window", "palm_customs"])
def test_each_can_be_copied_alone(folder: str) -> None:
    for file in (_EXAMPLES / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert node.level <= 1, f"{file.name} imports from beside its folder"
        others = {"single_window", "palm_customs", "tests"}
        assert (
            not {module.partition(".")[0] for module, _ in _imported(ast.parse(file.read_text("utf-8")))}
            & others
        )


@pytest.mark.parametrize("folder", ["single_window", "palm_customs"])
def test_each_needs_no_more_than_its_readme_installs(folder: str) -> None:
    said = re.search(
        r"^pip install (.+)$", (_EXAMPLES / folder / "README.md").read_text("utf-8"), re.MULTILINE
    )
    assert said is not None
    assert said[1].split()[0] == "./client"  # from this repository, until a package index has it
    installed = {*said[1].split(), "mshield", "msgspec"}  # required by the client itself
    for file in (_EXAMPLES / folder).rglob("*.py"):
        found = {module.partition(".")[0] for module, _ in _imported(ast.parse(file.read_text("utf-8")))}
        assert found - sys.stdlib_module_names <= installed, file.name

"""The arrows in docs/architecture.md are those of the imports, no more and no fewer.

An arrow stands for a direct import and is left out where a longer way says it already.
"""

import ast
import itertools
import re
from collections import defaultdict
from pathlib import Path
from typing import Final

import pytest

import mshield

_SOURCE: Final = Path(mshield.__file__).parent
_PAGE: Final = Path(__file__).parents[2] / "docs/architecture.md"
_DIAGRAM: Final = re.compile(r"```mermaid\n(.*?)```", re.DOTALL)
_LABEL: Final = re.compile(r'\["[^"]*"\]')

Arrows = set[tuple[str, str]]


@pytest.mark.parametrize(("number", "folder"), [(0, ""), (1, "services")], ids=["packages", "services"])
def test_each_arrow_is_an_import_and_each_import_a_way(number: int, folder: str) -> None:
    assert _drawn(_DIAGRAM.findall(_PAGE.read_text("utf-8"))[number]) == _needed(_imported(folder))


def _drawn(diagram: str) -> Arrows:
    arrows: Arrows = set()
    for line in _LABEL.sub("", diagram).splitlines():
        steps = [[name.strip() for name in step.split("&")] for step in line.split("-->")]
        for sources, targets in itertools.pairwise(steps):
            arrows |= {(source, target) for source in sources for target in targets}
    return arrows


def _imported(folder: str) -> Arrows:
    root = _SOURCE / folder
    package = f"mshield.{folder}".rstrip(".")
    names = {file.stem for file in root.glob("*.py")} | {
        file.parent.name for file in root.glob("*/__init__.py")
    }
    arrows: Arrows = set()
    for file in root.rglob("*.py"):
        importer = file.relative_to(root).parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    name = f"{node.module}.{alias.name}".removeprefix(f"{package}.").partition(".")[0]
                    if name in names - {importer}:
                        arrows.add((importer, name))
    return arrows


def _needed(arrows: Arrows) -> Arrows:
    below: dict[str, set[str]] = defaultdict(set)
    for source, target in arrows:
        below[source].add(target)

    def reached(name: str) -> set[str]:
        return {name}.union(*map(reached, below[name]))

    return {
        (source, target)
        for source, target in arrows
        if not any(target in reached(other) for other in below[source] - {target})
    }

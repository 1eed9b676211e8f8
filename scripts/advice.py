"""Advice on the source tree, printed by `make lint` and never failing: places that deserve a second look.

Lists files over 600 lines, folders over 30 modules, functions over 60 lines, and modules under 60 lines that only one
other module imports. Usage: advice.py [--all]; without --all, the ten longest of each list.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
SOURCES: Final = ("src", "client/src", "testkit/src")
_LONG_FILE: Final = 600
_LARGE_FOLDER: Final = 30
_LONG_FUNCTION: Final = 60
_SMALL_MODULE: Final = 60
_FIRST: Final = 10


def modules() -> dict[str, Path]:
    """Returns every source file by its dotted name."""
    return {
        ".".join(file.relative_to(source).with_suffix("").parts).removesuffix(".__init__"): file
        for place in SOURCES
        for source in (ROOT / place,)
        for file in sorted(source.rglob("*.py"))
    }


def long_functions(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yields length in lines and name of each function over the limit."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
            length = node.end_lineno - node.lineno + 1
            if length > _LONG_FUNCTION:
                yield length, node.name


def imported(tree: ast.Module, names: Iterable[str]) -> Iterator[str]:
    """Yields the source modules that a module imports."""
    known = set(names)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in known else node.module


def main() -> None:
    """Prints the four lists."""
    places = modules()
    files, functions, folders = [], [], Counter[str]()
    importers: dict[str, set[str]] = defaultdict(set)
    lines: dict[str, int] = {}
    for name, file in places.items():
        text = file.read_text("utf-8")
        tree, lines[name] = ast.parse(text), text.count("\n")
        place = file.relative_to(ROOT).as_posix()
        folders[file.parent.relative_to(ROOT).as_posix()] += file.stem != "__init__"
        if lines[name] > _LONG_FILE:
            files.append((lines[name], place))
        functions += [(length, f"{place}: {function}") for length, function in long_functions(tree)]
        for target in imported(tree, places):
            importers[target].add(name)
    single = [
        (-lines[name], f"{file.relative_to(ROOT).as_posix()} (by {next(iter(importers[name]))})")
        for name, file in places.items()
        if file.stem != "__init__" and lines[name] < _SMALL_MODULE and len(importers[name]) == 1
    ]
    shown = None if "--all" in sys.argv[1:] else _FIRST
    for title, found in (
        (f"files over {_LONG_FILE} lines", files),
        (
            f"folders over {_LARGE_FOLDER} modules",
            [(n, place) for place, n in folders.items() if n > _LARGE_FOLDER],
        ),
        (f"functions over {_LONG_FUNCTION} lines", functions),
        (f"modules under {_SMALL_MODULE} lines with one importer", single),
    ):
        print(f"advice: {len(found)} {title}")
        for number, place in sorted(found, reverse=True)[:shown]:
            print(f"  {abs(number):5} {place}")


if __name__ == "__main__":
    main()

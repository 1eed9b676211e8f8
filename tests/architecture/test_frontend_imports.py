"""Imports of the front end's files: declared by their package, and without cycles."""

import json
import re
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, Final

_FRONTEND: Final = Path(__file__).parents[2] / "frontend"
# Prettier puts each import at the start of a line, also in .vue files, and its path in double quotes.
_STATIC: Final = re.compile(r'^(?:import|export)(?:\s[^;"]*?\sfrom)?\s"([^"]+)"', re.MULTILINE)
_LATE: Final = re.compile(r'\bimport\("([^"]+)"\)')
_STYLE: Final = re.compile(r'@import\s"([^"]+)"')
_OUTSIDE: Final = ("node:", "virtual:")
_WORDS: Final = _FRONTEND.parent / "client" / "src" / "mshield" / "wire" / "state_words.json"
_SHIPPED: Final = ("parts", "src", "vue")


@cache
def _manifests() -> dict[Path, dict[str, Any]]:
    """Returns each package's folder and package.json."""
    files = (file for place in ("apps", "packages") for file in (_FRONTEND / place).glob("*/package.json"))
    return {file.parent: json.loads(file.read_bytes()) for file in files}


def _files() -> Iterator[Path]:
    for folder in _manifests():
        for file in sorted(folder.rglob("*")):
            if file.suffix in (".ts", ".vue", ".css") and "node_modules" not in file.parts:
                yield file


def _package_of(file: Path) -> Path | None:
    return next((folder for folder in _manifests() if file.is_relative_to(folder)), None)


def _place(file: Path, wanted: str) -> Path | None:
    """Returns the file that an import resolves to within the front end; None for a foreign package."""
    wanted = wanted.partition("?")[0]
    if wanted.startswith("."):
        return (file.parent / wanted).resolve()
    for folder, manifest in _manifests().items():
        name = manifest["name"]
        if wanted == name or wanted.startswith(f"{name}/"):
            within = f".{wanted.removeprefix(name)}"
            exports: dict[str, str] = manifest.get("exports", {})
            return folder / (exports.get(within) or exports["./*"].replace("*", within[2:]))
    return None


def _imported(file: Path, wanted: str) -> str:
    """Returns the name of the imported package."""
    place = _place(file, wanted)
    if place and (folder := _package_of(place)):
        return str(_manifests()[folder]["name"])
    return "/".join(wanted.split("/")[: 2 if wanted.startswith("@") else 1])


def _undeclared(folder: Path, file: Path) -> Iterator[str]:
    manifest = _manifests()[folder]
    declared = {manifest["name"], *manifest.get("dependencies", ())}
    if file.relative_to(folder).parts[0] not in _SHIPPED:  # a test or build file
        declared |= set(manifest.get("devDependencies", ()))
        declared |= set(json.loads((_FRONTEND / "package.json").read_bytes())["devDependencies"])
    text = file.read_text("utf-8")
    for wanted in (wanted for pattern in (_STATIC, _LATE, _STYLE) for wanted in pattern.findall(text)):
        if not wanted.startswith(_OUTSIDE) and _place(file, wanted) != _WORDS:
            name = _imported(file, wanted)
            if name not in declared:
                yield f"{manifest['name']}: {name} ({file.relative_to(_FRONTEND).as_posix()})"


def test_each_package_declares_what_it_imports() -> None:
    undeclared = {
        line for file in _files() if (folder := _package_of(file)) for line in _undeclared(folder, file)
    }
    assert not undeclared


def test_imports_have_no_cycles() -> None:
    """Type imports count; a router's lazy imports of screens don't, since screens import the router."""
    imports = {
        file: {
            place for wanted in _STATIC.findall(file.read_text("utf-8")) if (place := _place(file, wanted))
        }
        for file in _files()
    }
    assert sum(map(len, imports.values())) > 1_000, "the imports are no longer seen"
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        circle = [file.relative_to(_FRONTEND).as_posix() for file in error.args[1]]
        raise AssertionError(" <- ".join(circle)) from None

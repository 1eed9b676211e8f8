"""The front end's build is current, and names no machine."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest

from mshield.wire.pin_tries import MAX_FAILURES

_ROOT: Final = Path(__file__).parents[2]


def _lock() -> dict[str, Any]:
    lock: dict[str, Any] = json.loads((_ROOT / "frontend" / "package-lock.json").read_bytes())
    return lock


def test_built_files_match_the_sources() -> None:
    done = subprocess.run(
        (sys.executable, "-c", "import frontend, sys; sys.exit(not frontend.is_built())"),
        cwd=_ROOT / "scripts",
        check=False,
    )
    assert done.returncode == 0, "run: make .venv/.frontend"


def test_the_lock_file_names_no_registry() -> None:
    for name, package in _lock()["packages"].items():
        place = package.get("resolved", "")
        assert not re.match(r"\w+:", place), name
        assert package.get("link") or "integrity" in package or not name.startswith("node_modules/"), name


@pytest.mark.parametrize("package", ["apps/phone", "packages/shield", "packages/gm"])
def test_app_has_the_projects_version(package: str) -> None:
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    told = json.loads((_ROOT / "frontend" / package / "package.json").read_bytes())["version"]
    assert told == _lock()["packages"][package]["version"] == project["version"]


def test_each_package_is_pinned() -> None:
    for name, package in _lock()["packages"].items():
        if name.startswith("node_modules/"):
            continue
        for section in ("dependencies", "devDependencies"):
            for wanted, version in package.get(section, {}).items():
                assert wanted.startswith("@mshield/") or re.fullmatch(r"\d+\.\d+\.\d+", version), wanted


def test_r10_number_of_attempts_is_defined_once() -> None:
    shield = _ROOT / "frontend" / "packages" / "shield" / "src" / "pin_tries.ts"
    copy = re.compile(rf"\b(?:left|[A-Z_]*(?:TRIES|ATTEMPTS|FAILURES))\W{{1,6}}{MAX_FAILURES}\b")
    sources = (file for end in ("ts", "vue") for file in (_ROOT / "frontend").glob(f"[ap]*/*/src/**/*.{end}"))
    assert [file for file in sources if copy.search(file.read_text("utf-8"))] == [shield]


def test_english_text_has_straight_quotes() -> None:
    """In a Chinese font, curly quotes are as wide as Chinese characters."""
    chinese = re.compile("[\u4e00-\u9fff]")
    curly = re.compile(r"\b[A-Za-z]{3,}\b(?!:)[^/]*[“”‘’]|[“”‘’][^/]*\b[A-Za-z]{3,}")
    files = [
        file
        for place in ("apps/*/src", "packages/*/src", "packages/look/vue")
        for folder in (_ROOT / "frontend").glob(place)
        for file in (*folder.rglob("*.ts"), *folder.rglob("*.vue"))
    ]
    assert files
    wide = [
        f"{file.name}: {line.strip()}"
        for file in files
        for line in file.read_text("utf-8").splitlines()
        if curly.search(line) and not chinese.search(line)
    ]
    assert wide == []

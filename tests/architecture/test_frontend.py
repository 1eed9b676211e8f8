"""The front end's build: current, and without a word of one machine."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest

from mshield.domain.certificates.pin_tries import MAX_FAILURES
from tests.architecture.test_tree import NO_NOUNS

_ROOT: Final = Path(__file__).parents[2]


def _lock() -> dict[str, Any]:
    lock: dict[str, Any] = json.loads((_ROOT / "frontend" / "package-lock.json").read_bytes())
    return lock


def test_the_built_files_are_those_of_the_sources() -> None:
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
def test_the_app_tells_the_version_of_the_whole(package: str) -> None:
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


def test_templates_have_nouns_as_scripts_have() -> None:
    """oxlint reads no templates: it knows the names of scripts, of all packages, and nothing takes one out."""
    rules = json.loads((_ROOT / "frontend" / ".oxlintrc.json").read_bytes())
    severity, *names = rules["rules"]["eslint/id-denylist"]
    assert severity == "error"
    assert set(names) == NO_NOUNS
    silent = [
        place for one in rules["overrides"] if "eslint/id-denylist" in one["rules"] for place in one["files"]
    ]
    assert silent == ["packages/api/src/generated/**"]
    name = rf"(?:{'|'.join(names)})"
    denied = re.compile(rf"""(?:v-for|v-slot|#)[^=\s]*="[({{ ]*(?:\w+, )*{name}\b|\b{name}\)? =>""")
    files = list((_ROOT / "frontend").glob("[ap]*/*/[sv]*/**/*.vue"))
    assert len(files) > 200
    assert not [file.name for file in files if denied.search(file.read_text("utf-8"))]


def test_r10_the_five_tries_stand_once() -> None:
    shield = _ROOT / "frontend" / "packages" / "shield" / "src" / "pin_tries.ts"
    copy = re.compile(rf"\b(?:left|[A-Z_]*(?:TRIES|ATTEMPTS|FAILURES))\W{{1,6}}{MAX_FAILURES}\b")
    sources = (file for end in ("ts", "vue") for file in (_ROOT / "frontend").glob(f"[ap]*/*/src/**/*.{end}"))
    assert [file for file in sources if copy.search(file.read_text("utf-8"))] == [shield]


def test_english_words_have_quotes_of_their_own() -> None:
    """In a font for Chinese curly ones are as wide as its characters."""
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

"""Third-party packages: locked by hash, with suitable licences, and all listed."""

import hashlib
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from boolean.boolean import AND, OR, Expression
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from license_expression import get_spdx_licensing
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.shipped_parts import (
    EXTRAS,
    LOCKS,
    PROJECT,
    ROOT,
    Part,
    font_parts,
    locked,
    page_parts,
    python_parts,
)

_PYPROJECT: Final[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
_PROJECTS: Final = ("client", ".", "testkit")
_ENTRY: Final = re.compile(
    r"[a-z0-9-]+==[\w.+]+(?: ; [^\\\n]+)? \\\n(?: {4}--hash=sha256:[0-9a-f]{64} \\\n)* {4}--hash=sha256:[0-9a-f]{64}\n"
)

_IN_THE_PAGES: Final = {"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT"}
"""Licences allowed for code built into a distribution under Apache-2.0, with only their text beside it."""
_BESIDE: Final = _IN_THE_PAGES | {
    "MIT-0",
    "MIT-CMU",
    "PSF-2.0",
    "MPL-2.0",
    "LGPL-2.1-or-later",
    "LGPL-3.0-only",
    "OFL-1.1",
}
"""Licences allowed for packages installed unchanged beside it: weak copyleft is acceptable.

So is a font's (OFL), which doesn't affect documents that use the font.
"""


def _dependencies(project: str) -> list[str]:
    """Returns a distribution's foreign requirements; the three distributions require each other in the same version."""
    told = tomllib.loads((ROOT / project / "pyproject.toml").read_text("utf-8"))["project"]
    assert told["version"] == PROJECT["version"]
    own = {f"mshield-client=={told['version']}"}
    return [line for line in told["dependencies"] if line not in own]


def _wanted(lock: str) -> Iterator[Requirement]:
    """Yields the requirements of pyproject.toml that a lock file, with those before it, must contain."""
    extras, groups = PROJECT["optional-dependencies"], _PYPROJECT["dependency-groups"]
    lines: dict[str, list[Any]] = {
        "constraints.txt": [
            *(line for project in _PROJECTS for line in _dependencies(project)),
            *_PYPROJECT["build-system"]["requires"],
            *groups["build"],
        ],
        "constraints-extras.txt": [line for lines in extras.values() for line in lines],
        "constraints-dev.txt": [line for line in groups["dev"] if line != {"include-group": "build"}],
    }
    yield from map(Requirement, lines[lock])


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_file_has_all_requirements(lock: str) -> None:
    versions = {
        name: version for file in LOCKS[: LOCKS.index(lock) + 1] for name, version in locked(file).items()
    }
    for wanted in _wanted(lock):
        version = versions.get(canonicalize_name(wanted.name))
        assert version is not None, f"{wanted} is in no lock file: run make constraints"
        assert wanted.specifier.contains(version, prereleases=True), (
            f"{wanted}: {version}. Run make constraints"
        )


def test_lock_files_have_a_hash_for_each_version_and_no_addresses() -> None:
    for lock in LOCKS:
        text = (ROOT / lock).read_text("utf-8")
        assert not re.sub(r"(?m)^#.*\n", "", _ENTRY.sub("", text)), lock
        assert "://" not in text


def test_no_version_is_locked_twice() -> None:
    names = [name for lock in LOCKS for name in locked(lock)]
    assert len(names) == len(set(names))


@pytest.fixture
def small_project(tmp_path: Path) -> Path:
    """A project with our Makefile, whose environment is this one's except for an install folder of its own."""
    wheel = tmp_path / "wheels" / "lent-1.0-py3-none-any.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("lent.py", "")
        archive.writestr("lent-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: lent\nVersion: 1.0\n")
        archive.writestr(
            "lent-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("lent-1.0.dist-info/RECORD", "")
    (tmp_path / "Makefile").write_text((ROOT / "Makefile").read_text("utf-8"), "utf-8")
    for folder in _PROJECTS:
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / "pyproject.toml").write_text(
            '[project]\nname = "small"\nversion = "1"\n', "utf-8"
        )
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', "utf-8")
    (tmp_path / ".venv" / "bin" / "python").chmod(0o755)
    (tmp_path / ".venv" / ".pip").touch()
    return tmp_path


def _install(project: Path, lock: str) -> subprocess.CompletedProcess[str]:
    """Runs `make`'s first step; the second one, the project itself, involves no foreign packages."""
    (project / "constraints.txt").write_text(lock, "utf-8")
    settings = {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": "wheels",
        "PIP_TARGET": "installed",
        "PATH": "/usr/bin:/bin",
    }
    return subprocess.run(
        ("make", ".venv/.server", "PROJECT=true"),
        cwd=project,
        env=settings,
        capture_output=True,
        text=True,
        check=False,
    )


def test_make_installs_a_package_with_the_locked_hash(small_project: Path) -> None:
    content = (small_project / "wheels" / "lent-1.0-py3-none-any.whl").read_bytes()
    done = _install(small_project, f"lent==1.0 --hash=sha256:{hashlib.sha256(content).hexdigest()}\n")
    assert done.returncode == 0, done.stderr
    assert (small_project / "installed" / "lent.py").exists()


@pytest.mark.parametrize(
    ("lock", "refusal"),
    [
        (f"lent==1.0 --hash=sha256:{hashlib.sha256(b'another').hexdigest()}\n", "DO NOT MATCH THE HASHES"),
        ("lent==1.0\n", "Hashes are required"),
    ],
    ids=["another hash", "no hash"],
)
def test_make_refuses_a_package_without_the_locked_hash(small_project: Path, lock: str, refusal: str) -> None:
    done = _install(small_project, lock)
    assert done.returncode != 0
    assert refusal in done.stderr
    assert not (small_project / "installed").exists()


def test_each_install_of_make_requires_hashes_or_no_foreign_package() -> None:
    commands = subprocess.run(
        ("make", "--dry-run", "--always-make", "test", "lint", "demo"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    installs = {line for line in commands.splitlines() if "pip install" in line}
    assert len(installs) == 3
    for line in installs:
        assert "--no-build-isolation" in line
        assert "--require-hashes" in line or "--no-index --no-deps --editable client --editable . " in line, (
            line
        )


def _permits(expression: Expression, allowed: set[str]) -> bool:
    if isinstance(expression, AND | OR):
        parts = [_permits(part, allowed) for part in expression.args]
        return all(parts) if isinstance(expression, AND) else any(parts)
    return str(expression) in allowed


def _fits(licence: str, allowed: set[str]) -> bool:
    licensing = get_spdx_licensing()
    if not licence or licensing.validate(licence).errors:
        return False
    return _permits(licensing.parse(licence), allowed)


def _misfits(parts: list[Part], allowed: set[str]) -> list[tuple[str, str]]:
    return [(part.name, part.licence) for part in parts if not _fits(part.licence, allowed)]


def test_each_licence_is_known_and_allowed() -> None:
    assert {"", *PROJECT["optional-dependencies"]} == EXTRAS.keys(), "an extra's packages are not listed"
    assert not _misfits(python_parts(), _BESIDE)
    assert not _misfits(page_parts(), _IN_THE_PAGES)


@pytest.mark.parametrize(
    "licence", ["", "UNKNOWN", "BSD", "GPL-3.0-only", "AGPL-3.0-or-later", "MIT AND GPL-2.0-only", "SSPL-1.0"]
)
def test_a_licence_that_does_not_fit_is_refused(licence: str) -> None:
    assert not _fits(licence, _BESIDE)


def test_lgpl_is_not_built_into_pages() -> None:
    assert _fits("GPL-2.0-only OR LGPL-3.0-only", _BESIDE)
    assert not _fits("LGPL-3.0-only", _IN_THE_PAGES)


def test_packages_used_only_by_a_worker_are_listed() -> None:
    (curves,) = (part for part in page_parts() if part.name == "@noble/curves")
    assert "/verify" in curves.where


def test_the_bill_of_materials_is_cyclonedx() -> None:
    text = (ROOT / "docs" / "mshield.cdx.json").read_text("utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bill = json.loads(text)
    named = {component["purl"] for component in bill["components"]}
    assert named == {part.purl.to_string() for part in (*python_parts(), *font_parts(), *page_parts())}
    assert all(component["licenses"] for component in bill["components"])

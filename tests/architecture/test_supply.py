"""What of others comes in: what the lock files name, by their hashes, under licences that fit; all of it is listed."""

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

from tests.support.shipped_parts import EXTRAS, LOCKS, PROJECT, ROOT, Part, locked, page_parts, python_parts

_PYPROJECT: Final[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
_ENTRY: Final = re.compile(
    r"[a-z0-9-]+==[\w.+]+(?: ; [^\\\n]+)? \\\n(?: {4}--hash=sha256:[0-9a-f]{64} \\\n)* {4}--hash=sha256:[0-9a-f]{64}\n"
)

_IN_THE_PAGES: Final = {"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT"}
"""What may be built into a distribution under Apache-2.0 with no more than its text beside it."""
_BESIDE: Final = _IN_THE_PAGES | {
    "MIT-0",
    "MIT-CMU",
    "PSF-2.0",
    "MPL-2.0",
    "LGPL-2.1-or-later",
    "LGPL-3.0-only",
    "OFL-1.1",
}
"""What may be installed beside it, unchanged: copyleft that ends at the library itself is no hindrance.

Nor is a font's (OFL), which leaves the documents that it is drawn in alone.
"""


def _wanted(lock: str) -> Iterator[Requirement]:
    """What pyproject.toml says that a lock file, with those before it, must have."""
    extras, groups = PROJECT["optional-dependencies"], _PYPROJECT["dependency-groups"]
    lines: dict[str, list[Any]] = {
        "constraints.txt": [
            *PROJECT["dependencies"],
            *extras["server"],
            *_PYPROJECT["build-system"]["requires"],
            *groups["build"],
        ],
        "constraints-extras.txt": [
            line for extra, lines in extras.items() if extra != "server" for line in lines
        ],
        "constraints-dev.txt": [line for line in groups["dev"] if line != {"include-group": "build"}],
    }
    yield from map(Requirement, lines[lock])


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_file_has_all_that_is_wanted(lock: str) -> None:
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
    """A project with our Makefile, whose environment is this one's but for what is installed, which is its own."""
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
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "small"\nversion = "1"\n', "utf-8")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', "utf-8")
    (tmp_path / ".venv" / "bin" / "python").chmod(0o755)
    (tmp_path / ".venv" / ".pip").touch()
    return tmp_path


def _install(project: Path, lock: str) -> subprocess.CompletedProcess[str]:
    """What `make` does first; the second step, the project itself, has nothing to do with packages of others."""
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


def test_make_installs_what_has_the_hash_in_the_lock_file(small_project: Path) -> None:
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
def test_make_refuses_what_has_not(small_project: Path, lock: str, refusal: str) -> None:
    done = _install(small_project, lock)
    assert done.returncode != 0
    assert refusal in done.stderr
    assert not (small_project / "installed").exists()


def test_each_install_of_make_asks_for_hashes_or_for_nothing_of_others() -> None:
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
        assert "--require-hashes" in line or "--no-index --no-deps --editable ." in line, line


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


def test_each_licence_is_known_and_fits() -> None:
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


def test_what_only_a_worker_has_is_listed_too() -> None:
    (curves,) = (part for part in page_parts() if part.name == "@noble/curves")
    assert "/verify" in curves.where


def test_the_bill_of_materials_is_cyclonedx() -> None:
    text = (ROOT / "docs" / "mshield.cdx.json").read_text("utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bill = json.loads(text)
    named = {component["purl"] for component in bill["components"]}
    assert named == {part.purl.to_string() for part in (*python_parts(), *page_parts())}
    assert all(component["licenses"] for component in bill["components"])

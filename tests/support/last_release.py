"""The last release, which must be able to serve beside this code: its program from the history, and its use of SQL.

`python -m tests.support.last_release REVISION` makes another commit the last release, when one is tagged. What the fast
tests need of it is in last_release.json; its program is taken from the history, so from a clone that has it.

Before the first release the file names no commit. The present tree then stands for the last release, and for the new
one the same tree with the migrations of tests/support/old_schema.py, so that all of this is exercised.
"""

import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.support.expanding import Release, new_since, schema_of
from tests.support.old_schema import MORE

_ROOT: Final = Path(__file__).parents[2]
_FILE: Final = Path(__file__).with_name("last_release.json")
_SOURCES: Final = ("client/src", "src", "testkit/src")
"""Folders of the tree that hold the service's program, each an entry of PYTHONPATH."""
_SQL: Final = "src/mshield/server"
_MIGRATIONS: Final = "src/mshield/server/database/migrations"
_PAGES: Final = "src/mshield/server/http/static"
_QUESTION: Final = """
import json
from mshield.server.database.sealed_columns import SEALED_COLUMNS
sealed = {table: list(columns) for table, columns in SEALED_COLUMNS.items()}
print(json.dumps({"sealed": sealed}))
"""


class NotInHistory(RuntimeError):
    """Error: the clone lacks the last release."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The last release: its commit, None before there is one, and what is known of it."""

    commit: str | None
    release: Release

    def new_migrations(self) -> dict[str, str]:
        """Returns the text of each migration that the new program has beyond it, by name."""
        if self.commit is not None:
            return new_since(self.release)
        return {name.removesuffix(".sql"): text for name, text in MORE.items() if name.count(".") == 1}


def kept() -> Kept:
    """Returns the last release, as far as no history is needed."""
    stored = json.loads(_FILE.read_text("utf-8"))
    if stored["commit"] is None:
        stored |= _described(_ROOT)
    sealed = {table: tuple(columns) for table, columns in stored["sealed"].items()}
    return Kept(stored["commit"], Release(tuple(stored["migrations"]), frozenset(stored["used"]), sealed))


def newest_tag() -> str | None:
    """Returns the commit of the newest tagged version that this clone knows, if there is one."""
    tags = _git("tag", "--list", "v*", "--sort=-version:refname", "--merged", "HEAD").decode().split()
    return _git("rev-parse", f"{tags[0]}^{{commit}}").decode().strip() if tags else None


def old_program(folder: Path, commit: str | None) -> str:
    """Puts the last release's program into a new folder and returns its PYTHONPATH. Raises: NotInHistory."""
    if commit is None:
        _copy(folder)
    else:
        _unpack(folder, commit)
    return _python_path(folder)


def new_program(folder: Path, commit: str | None) -> str:
    """Puts the program that follows the last release into a new folder and returns its PYTHONPATH."""
    _copy(folder)
    if commit is None:
        for name, text in MORE.items():
            (folder / _MIGRATIONS / name).write_text(text, "utf-8")
    return _python_path(folder)


def migrations_of(folder: Path) -> Path:
    """Returns the folder of the migrations of a program that was put there."""
    return folder / _MIGRATIONS


def _python_path(folder: Path) -> str:
    return os.pathsep.join(str(folder / source) for source in _SOURCES)


def _copy(folder: Path) -> None:
    for source in _SOURCES:
        shutil.copytree(
            _ROOT / source, folder / source, ignore=shutil.ignore_patterns("__pycache__", "static")
        )
    _link_pages(folder)


def _unpack(folder: Path, commit: str) -> None:
    _have(commit)
    with tarfile.open(fileobj=io.BytesIO(_git("archive", commit, *_SOURCES))) as archive:
        archive.extractall(folder, filter="data")
    _link_pages(folder)


def _link_pages(folder: Path) -> None:
    """Links the built pages, which are in no commit: what is compared here is the service."""
    (folder / _PAGES).symlink_to(_ROOT / _PAGES)


def _have(commit: str) -> None:
    """Fetches the commit from where this clone came from, if it lacks it, as a shallow one does."""
    reason = ""
    for args in (
        ("cat-file", "-e", f"{commit}^{{commit}}"),
        ("fetch", "--quiet", "--depth=1", "origin", commit),
    ):
        try:
            _git(*args)
        except subprocess.CalledProcessError as error:
            reason = error.stderr.decode(errors="replace").strip()
            continue
        return
    raise NotInHistory(
        f"the last release, {commit}, isn't in this clone and couldn't be fetched ({reason}):"
        " `git fetch --unshallow`, or clone with its history"
    )


def _git(*arguments: str) -> bytes:
    process = subprocess.run(("git", "-C", str(_ROOT), *arguments), check=True, capture_output=True)
    return process.stdout


def _described(root: Path) -> dict[str, Any]:
    """Returns what the fast tests need of the program in this folder."""
    migrations = sorted(
        file.stem for file in (root / _MIGRATIONS).glob("*.sql") if not file.name.endswith(".postgresql.sql")
    )
    words = {
        word
        for file in (root / _SQL).rglob("*.sql")
        if file.parent.name != "migrations" and file.name != "schema.sql"
        for word in re.findall(r"\w+", file.read_text("utf-8"))
    }
    schema = schema_of(tuple(migrations))
    used = [
        *(table for table in schema if table in words),
        *(f"{table}.{column}" for table, columns in schema.items() for column in columns if column in words),
    ]
    answer = subprocess.run(
        (sys.executable, "-c", _QUESTION),
        check=True,
        capture_output=True,
        env={"PYTHONPATH": _python_path(root)},
    ).stdout
    return {"migrations": migrations, "used": sorted(used), **json.loads(answer)}


def _main(revision: str) -> None:
    commit = _git("rev-parse", f"{revision}^{{commit}}").decode().strip()
    with tempfile.TemporaryDirectory() as folder:
        _unpack(Path(folder), commit)
        described = {"commit": commit, **_described(Path(folder))}
    _FILE.write_text(json.dumps(described, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    _main(sys.argv[1])

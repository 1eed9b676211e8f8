"""The last release, beside which this code has to serve: its program from the repository's history, what its SQL uses.

`python -m tests.support.last_release REVISION` makes another commit the last release, when one is tagged. What the fast
tests need of it stands in last_release.json; its program is taken from the history, so from a clone that has it.
"""

import io
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.support.expanding import Release, schema_of

_ROOT: Final = Path(__file__).parents[2]
_FILE: Final = Path(__file__).with_name("last_release.json")
_SQL: Final = "src/mshield/store"
_MIGRATIONS: Final = f"{_SQL}/migrations/"
_ASKED: Final = """
import json
from mshield.services.log.entries import _FORMS
from mshield.store.database.sealed_columns import SEALED_COLUMNS
sealed = {table: list(columns) for table, columns in SEALED_COLUMNS.items()}
print(json.dumps({"row_forms": list(_FORMS), "sealed": sealed}))
"""


class NotInHistory(RuntimeError):
    """The clone lacks the last release."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What last_release.json says."""

    commit: str
    release: Release


def kept() -> Kept:
    """The last release, as far as no history is needed."""
    read = json.loads(_FILE.read_text("utf-8"))
    sealed = {table: tuple(columns) for table, columns in read["sealed"].items()}
    release = Release(
        tuple(read["migrations"]), frozenset(read["used"]), sealed, frozenset(read["row_forms"])
    )
    return Kept(read["commit"], release)


def newest_tag() -> str | None:
    """The commit of the newest tagged version that this clone knows; None where there is none."""
    tags = _git("tag", "--list", "v*", "--sort=-version:refname", "--merged", "HEAD").decode().split()
    return _git("rev-parse", f"{tags[0]}^{{commit}}").decode().strip() if tags else None


def unpack(folder: Path, commit: str) -> Path:
    """The program of a commit, to be put on PYTHONPATH. Raises NotInHistory."""
    _have(commit)
    with tarfile.open(fileobj=io.BytesIO(_git("archive", commit, "src"))) as archive:
        archive.extractall(folder, filter="data")
    # Built pages are in no commit, and what is compared here is the service.
    (folder / _SQL).parent.joinpath("web", "static").symlink_to(_ROOT / "src" / "mshield" / "web" / "static")
    return folder / "src"


def _have(commit: str) -> None:
    """A shallow clone lacks it, and asks where it was cloned from."""
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
    done = subprocess.run(("git", "-C", str(_ROOT), *arguments), check=True, capture_output=True)
    return done.stdout


def _names(commit: str, folder: str) -> list[str]:
    listed = _git("ls-tree", "-r", "--name-only", commit, folder).decode()
    return listed.splitlines()


def _described(commit: str, folder: Path) -> dict[str, Any]:
    source = unpack(folder, commit)
    migrations = [
        Path(name).stem
        for name in _names(commit, _MIGRATIONS)
        if re.fullmatch(r"\d{4}_\w+\.(sql|py)", Path(name).name)
    ]
    words = {
        word
        for name in _names(commit, _SQL)
        if name.endswith(".sql") and not name.startswith(_MIGRATIONS) and not name.endswith("/schema.sql")
        for word in re.findall(r"\w+", (source.parent / name).read_text("utf-8"))
    }
    schema = schema_of(tuple(migrations))
    used = [
        *(table for table in schema if table in words),
        *(f"{table}.{column}" for table, columns in schema.items() for column in columns if column in words),
    ]
    said = subprocess.run(
        (sys.executable, "-c", _ASKED),
        check=True,
        capture_output=True,
        env={"PYTHONPATH": str(source)},
    ).stdout
    return {
        "commit": commit,
        "migrations": sorted(migrations),
        "used": sorted(used),
        **json.loads(said),
    }


def _main(revision: str) -> None:
    commit = _git("rev-parse", f"{revision}^{{commit}}").decode().strip()
    with tempfile.TemporaryDirectory() as folder:
        described = _described(commit, Path(folder))
    _FILE.write_text(json.dumps(described, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    _main(sys.argv[1])

"""The sources of the three distributions, for tests that read code."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = tuple(ROOT / source / "mshield" for source in ("client/src", "src", "testkit/src"))
SERVER: Final = ROOT / "src" / "mshield" / "server"


def python() -> list[Path]:
    """Every module, also of migrations."""
    return list(_files("*.py"))


def sql() -> list[Path]:
    """Every file of SQL, also of migrations."""
    return list(_files("*.sql"))


def named_sql(file: Path) -> tuple[str, str]:
    """The subject and the module by which `Queries` finds a file of SQL."""
    folder = file.parent.parent if file.parent.name == "rows" else file.parent
    return folder.name, file.name.partition(".")[0]


def name(file: Path) -> str:
    """A file's path from the package `mshield`, whichever distribution it is of: `server/main.py`."""
    for package in PACKAGES:
        if file.is_relative_to(package):
            return file.relative_to(package).as_posix()
    raise ValueError(f"{file} is none of the sources")


def module(file: Path) -> str:
    """The dotted name by which it is imported."""
    return ".".join(("mshield", *Path(name(file)).with_suffix("").parts)).removesuffix(".__init__")


def _files(pattern: str) -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted(package.rglob(pattern))

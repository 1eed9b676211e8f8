"""Stored figures of a signature in docs/performance.md, from the last `make bench`: day, machine, load and commit.

They are stored in `signing.json`; a test compares the page with the file, so that neither is edited by hand.
"""

import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean
from typing import Any, Final

import msgspec

FILE: Final = Path(__file__).with_name("signing.json")
PAGE: Final = Path(__file__).parents[1] / "docs" / "performance.md"
BEGIN, END = "<!-- figures of a signature: written by make bench -->\n", "<!-- end of these figures -->\n"
_CPUINFO: Final = Path("/proc/cpuinfo")
_ENGINES: Final = ("botan", "openssl")


class Figures(msgspec.Struct, frozen=True):
    """CPU milliseconds per signature with one engine and one database; see `http_signing.Measured`."""

    engine: str
    database: str
    four: float
    scan: float
    database_cpu: float
    bare: float
    lean: float


class Kept(msgspec.Struct, frozen=True):
    """Figures and where they were measured; `load` is the machine's load average before and after."""

    day: str
    machine: str
    load: tuple[float, float]
    commit: str
    figures: tuple[Figures, ...]


def machine() -> str:
    """Returns the processor, its number of cores, and the version of Python."""
    version = ".".join(platform.python_version_tuple()[:2])
    return f"{_processor()}, {os.cpu_count()} cores, Python {version}"


def now(figures: Sequence[Figures], *, load_before: float) -> Kept:
    """Returns a record of figures that were measured just now."""
    return Kept(today(), machine(), (load_before, os.getloadavg()[0]), commit(), tuple(figures))


def today() -> str:
    """Returns the current day (UTC)."""
    return datetime.now(UTC).date().isoformat()


def commit() -> str:
    """Returns the commit of the measured sources."""
    git = ("git", "-C", str(Path(__file__).parent), "rev-parse", "--short=12", "HEAD")
    return subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()


def write(kept: Kept) -> None:
    """Writes the figures to the file and the page."""
    FILE.write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=1) + b"\n")
    put(PAGE, BEGIN, text(kept), END)


def put(page: Path, begin: str, figures: str, end: str) -> None:
    """Replaces the text between two marker lines of a page with figures."""
    before, _, rest = page.read_text("utf-8").partition(begin)
    page.write_text(before + begin + figures + end + rest.partition(end)[2], "utf-8")


def read() -> Kept:
    """Returns the stored figures."""
    return msgspec.json.decode(FILE.read_bytes(), type=Kept)


def text(kept: Kept) -> str:
    """Returns the page's part, in Markdown."""
    by: dict[tuple[str, str], Any] = {(each.engine, each.database): each for each in kept.figures}
    sqlite, postgresql = (
        [by[engine, database] for engine in _ENGINES] for database in ("sqlite", "postgresql")
    )
    own = fmean(each.database_cpu for each in postgresql)
    lean = [(one.lean + other.lean) / 2 for one, other in zip(sqlite, postgresql, strict=True)]
    rows = (
        ("bare curve operations of a co-signature", [each.bare for each in sqlite], 2),
        ("complete signature through HTTP, SQLite", [each.four for each in sqlite], 1),
        (
            f"complete signature through HTTP, PostgreSQL (its own CPU beside it: {own:.1f})",
            [each.four for each in postgresql],
            1,
        ),
        ("a lean server that handles only the four requests, raw, on SQLite", lean, 1),
        ("ratio to the lean server, SQLite", [each.four / each.lean for each in sqlite], 2),
        ("ratio to the lean server, PostgreSQL", [each.four / each.lean for each in postgresql], 2),
    )
    lines = ["| | Botan | OpenSSL |", "|---|---|---|"]
    lines += [
        f"| {name} | {' | '.join(f'{value:.{digits}f}' for value in values)} |"
        for name, values, digits in rows
    ]
    scan = fmean(each.scan for each in kept.figures)
    before, after = kept.load
    where = f"Measured on {kept.day}: {kept.machine}, load {before:.0f} before and {after:.0f} after"
    return (
        "\n".join(lines) + f"\n\n{where}, commit `{kept.commit}`. The phone's scan adds {scan:.1f}. "
        "With a load above the number of cores only the ratios are meaningful.\n"
    )


def _processor() -> str:
    if _CPUINFO.exists():
        for line in _CPUINFO.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()

"""The README's figures of a signature, as `make bench` measured them last: with day, machine, load and commit.

They are kept in `signing.json`; a test holds the README against it, so that neither is changed by hand.
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
README: Final = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- figures of a signature: written by make bench -->\n", "<!-- end of these figures -->\n"
_CPUINFO: Final = Path("/proc/cpuinfo")
_ENGINES: Final = ("botan", "openssl")


class Figures(msgspec.Struct, frozen=True):
    """Milliseconds of CPU per signature, of one engine over one database; see `http_signing.Measured`."""

    engine: str
    database: str
    four: float
    scan: float
    database_cpu: float
    bare: float
    lean: float


class Kept(msgspec.Struct, frozen=True):
    """What was measured, and where: `load` is the machine's before and after, in processes that wanted a core."""

    day: str
    machine: str
    load: tuple[float, float]
    commit: str
    figures: tuple[Figures, ...]


def machine() -> str:
    """The processor, how many of its cores there are, and which Python runs."""
    version = ".".join(platform.python_version_tuple()[:2])
    return f"{_processor()}, {os.cpu_count()} cores, Python {version}"


def now(figures: Sequence[Figures], *, load_before: float) -> Kept:
    """These figures, measured just now."""
    return Kept(today(), machine(), (load_before, os.getloadavg()[0]), commit(), tuple(figures))


def today() -> str:
    """The day (UTC)."""
    return datetime.now(UTC).date().isoformat()


def commit() -> str:
    """Of the sources that are measured."""
    git = ("git", "-C", str(Path(__file__).parent), "rev-parse", "--short=12", "HEAD")
    return subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()


def write(kept: Kept) -> None:
    """Puts them into the file and into the README."""
    FILE.write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=1) + b"\n")
    put(README, BEGIN, text(kept), END)


def put(page: Path, begin: str, figures: str, end: str) -> None:
    """Puts figures into a page, in place of what stands between the two lines."""
    before, _, rest = page.read_text("utf-8").partition(begin)
    page.write_text(before + begin + figures + end + rest.partition(end)[2], "utf-8")


def read() -> Kept:
    """What was written last."""
    return msgspec.json.decode(FILE.read_bytes(), type=Kept)


def text(kept: Kept) -> str:
    """The README's part, in Markdown."""
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
        ("the same by a lean server that does only the four requests, raw, on SQLite", lean, 1),
        ("times the lean server, SQLite", [each.four / each.lean for each in sqlite], 2),
        ("times the lean server, PostgreSQL", [each.four / each.lean for each in postgresql], 2),
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
        "With a load above the number of cores only the ratios say something.\n"
    )


def _processor() -> str:
    if _CPUINFO.exists():
        for line in _CPUINFO.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()

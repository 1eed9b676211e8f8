"""What the growth bench measured last, as docs/search.md has it: with day, machine, load, commit and the sizes plainly.

It is kept in `growth.json`, a table for each database and size; a test holds the page against it.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from benches import kept

FILE: Final = Path(__file__).with_name("growth.json")
PAGE: Final = Path(__file__).parents[1] / "docs/search.md"
BEGIN, END = "<!-- figures of growth: written by make bench -->\n", "<!-- end of these figures -->\n"
_NAMES: Final = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


class Side(msgspec.Struct, frozen=True):
    """Of one call: CPU of the program and of PostgreSQL, and how long a client waited at the median, ms."""

    program: float
    database: float
    p50: float

    @property
    def cpu(self) -> float:
        """Of both."""
        return self.program + self.database


class Row(msgspec.Struct, frozen=True):
    """One call on an empty service and on the filled one, by turns."""

    what: str
    empty: Side
    filled: Side

    @property
    def is_list(self) -> bool:
        """Whether it looks for people: on an empty service that finds nothing at once."""
        return ":" in self.what


class Run(msgspec.Struct, frozen=True):
    """One database at one size; `size` is in GB, `load` is the machine's over the last minute, before and after."""

    database: str
    certificates: int
    signatures: int
    size: float
    day: str
    machine: str
    load: tuple[float, float]
    commit: str
    rows: tuple[Row, ...]


def run_of(
    database: str, people: int, signatures: int, *, size: float, load_before: float, rows: Sequence[Row]
) -> Run:
    """These figures, measured just now."""
    return Run(
        database=database,
        certificates=people,
        signatures=signatures,
        size=size,
        day=kept.today(),
        machine=kept.machine(),
        load=(load_before, os.getloadavg()[0]),
        commit=kept.commit(),
        rows=tuple(rows),
    )


def keep(runs: Sequence[Run]) -> None:
    """Puts them into file and page; what was measured earlier of other sizes stays there."""
    by = {_key(run): run for run in (*(read() if FILE.exists() else ()), *runs)}
    together = tuple(by[key] for key in sorted(by))
    FILE.write_bytes(msgspec.json.format(msgspec.json.encode(together), indent=1) + b"\n")
    kept.put(PAGE, BEGIN, text(together), END)


def read() -> tuple[Run, ...]:
    """What was written last."""
    return msgspec.json.decode(FILE.read_bytes(), type=tuple[Run, ...])


def text(runs: Sequence[Run]) -> str:
    """The page's part, in Markdown."""
    return "\n".join([_table(run) for run in runs])


def _key(run: Run) -> tuple[str, int, int]:
    return run.database, run.certificates, run.signatures


def _table(run: Run) -> str:
    before, after = run.load
    many = f"{_thousands(run.certificates)} certificates and {_thousands(run.signatures)} signatures"
    where = f"{run.machine}, load {before:.0f} before and {after:.0f} after, commit `{run.commit}`"
    lines = [
        f"{_NAMES[run.database]}, {many}, {run.size:.1f} GB; measured on {run.day}: {where}.",
        "",
        "| | empty | filled | times |",
        "|---|---|---|---|",
    ]
    for row in run.rows:
        if not row.is_list:
            times = f"{row.filled.cpu / row.empty.cpu:.2f}"
            lines.append(f"| {row.what} | {_cpu(row.empty)} | {_cpu(row.filled)} | {times} |")
    lists = [row for row in run.rows if row.is_list]
    if lists:
        one = max(lists, key=lambda row: row.filled.cpu)
        lines.append(
            f"| {one.what}, of {len(lists)} lists the dearest | {_cpu(one.empty)} | {_cpu(one.filled)} | |"
        )
        slow = max(lists, key=lambda row: row.filled.p50)
        lines += [
            "",
            f"A client waited {slow.filled.p50:.0f} ms at the median for the slowest list ({slow.what}).",
        ]
    return "\n".join(lines) + "\n"


def _cpu(side: Side) -> str:
    return f"{side.program:.2f} + {side.database:.2f} ms"


def _thousands(number: int) -> str:
    return f"{number:,}".replace(",", " ")

"""Stored figures of the last growth bench for docs/performance.md, with machine, load, commit and sizes.

They are stored in `growth.json`. The page has a table for each size, with the databases side by side; a test
compares it with the file.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from benches import kept

FILE: Final = Path(__file__).with_name("growth.json")
PAGE: Final = Path(__file__).parents[1] / "docs/performance.md"
BEGIN, END = "<!-- figures of growth: written by make bench -->\n", "<!-- end of the figures of growth -->\n"
WITHIN: Final = 1.2
"""Allowed ratio of a filled database's cost to an empty one's."""
BOUND_MS: Final = 50.0
"""Greatest allowed duration of a search or a list at any size (issue 20)."""
_NAMES: Final = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


class Side(msgspec.Struct, frozen=True):
    """Figures of one call on one side: CPU of the program and of PostgreSQL, and the client's waiting time, in ms.

    `p50` is the median, `p99` the 99th percentile; `lines` is the number of returned lines, if the call is a
    list.
    """

    program: float
    database: float
    p50: float
    p99: float
    lines: int | None = None

    @property
    def cpu(self) -> float:
        """Returns the CPU time of program and database together."""
        return self.program + self.database


class Row(msgspec.Struct, frozen=True):
    """One call, made in turn on an empty service and on the filled one."""

    what: str
    empty: Side
    filled: Side

    @property
    def is_list(self) -> bool:
        """Returns whether the call lists people."""
        return ":" in self.what

    @property
    def is_like(self) -> bool:
        """Returns whether both sides returned equally many lines; otherwise the filled one has more to do."""
        return self.empty.lines == self.filled.lines

    @property
    def times(self) -> float:
        """Returns the ratio of the filled side's cost to the empty side's."""
        return self.filled.cpu / self.empty.cpu


class Run(msgspec.Struct, frozen=True):
    """One database at one size (GB); `load` is the machine's load average over a minute, before and after."""

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
    """Returns a record of figures that were measured just now."""
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
    """Writes the runs to the file and the page; earlier figures of other sizes remain."""
    by = {_key(run): run for run in (*(read() if FILE.exists() else ()), *runs)}
    together = tuple(by[key] for key in sorted(by))
    FILE.write_bytes(msgspec.json.format(msgspec.json.encode(together), indent=1) + b"\n")
    kept.put(PAGE, BEGIN, text(together), END)


def read() -> tuple[Run, ...]:
    """Returns the stored runs."""
    return msgspec.json.decode(FILE.read_bytes(), type=tuple[Run, ...])


def table(sizes: Sequence[tuple[int, int]], measured: Sequence[Sequence[Row]]) -> str:
    """Formats the table printed for each database: every call, all sizes side by side, and what grows."""
    lines = [
        "ms: CPU of service + PostgreSQL | median (99th of a hundred), by turns on the empty one and on it"
    ]
    heads = "".join(
        f"{'empty':>32}{f'{_short(people)} / {_short(signed)}':>32}{'':24}" for people, signed in sizes
    )
    lines.append(f"{'certificates / signatures':36}{heads}")
    for row in zip(*measured, strict=True):
        cells = "".join(f"{_waited(one.empty):>32}{_waited(one.filled):>32}{_verdict(one):24}" for one in row)
        lines.append(f"{row[0].what:36}{cells}")
    return "\n".join(lines)


def _waited(side: Side) -> str:
    return f"{_cpu(side)} | {side.p50:.2f} ({side.p99:.2f})"


def _verdict(row: Row) -> str:
    grows = row.is_like and row.times > WITHIN
    slow = row.is_list and row.filled.p50 > BOUND_MS
    summary = f"  {row.times:.2f}" if row.is_like else f"  {row.empty.lines} to {row.filled.lines} lines"
    return summary + ("  grows" if grows else "") + (f"  over {BOUND_MS:.0f} ms" if slow else "")


def text(runs: Sequence[Run]) -> str:
    """Returns the page's part, in Markdown."""
    sizes = sorted({(run.certificates, run.signatures) for run in runs})
    return "\n".join(
        _beside([run for run in runs if (run.certificates, run.signatures) == size]) for size in sizes
    )


def _key(run: Run) -> tuple[str, int, int]:
    return run.database, run.certificates, run.signatures


def _beside(runs: Sequence[Run]) -> str:
    """Returns the table for one size, with its databases side by side."""
    runs = sorted(runs, key=lambda run: run.database, reverse=True)
    many = f"{_thousands(runs[0].certificates)} certificates and {_thousands(runs[0].signatures)} signatures"
    heads = "".join(f" {_NAMES[run.database]}, empty | filled | times |" for run in runs)
    lines = [
        f"**{many}**, ms of CPU of service + database",
        "",
        f"| |{heads}",
        "|---" * (1 + 3 * len(runs)) + "|",
    ]
    lines += [
        f"| {label} |" + "".join(f" {_cells(row)} |" for row in rows)
        for label, *rows in zip(_LABELS, *(_chosen(run) for run in runs), strict=True)
    ]
    return "\n".join([*lines, "", *(_provenance(run) for run in runs)])


_ALONE: Final = (
    *("signature", "login", "revocation list, unchanged", "OCSP answer"),
    *("portal: people", "portal: shields with their count"),
)
_LABELS: Final = (
    *_ALONE,
    "largest growth among lists that return equally many lines",
    "costliest of the lists that return more lines",
)


def _chosen(run: Run) -> list[Row | None]:
    """Returns the row for each label."""
    by = {row.what: row for row in run.rows}
    like, more = _lists(run)
    return [
        *(by.get(what) for what in _ALONE),
        max(like, key=lambda row: row.times, default=None),
        max(more, key=lambda row: row.filled.cpu, default=None),
    ]


def _lists(run: Run) -> tuple[list[Row], list[Row]]:
    """Returns the lists that returned equally many lines on both sides, and the others."""
    rows = [row for row in run.rows if row.is_list and row.what not in _ALONE]
    return [row for row in rows if row.is_like], [row for row in rows if not row.is_like]


def _cells(row: Row | None) -> str:
    if row is None:
        return " | |"
    return f"{_cpu(row.empty)} | {_cpu(row.filled)} | {f'{row.times:.2f}' if row.is_like else ''}"


def _provenance(run: Run) -> str:
    """Returns where it was measured, and which lists are meant."""
    before, after = run.load
    summary = (
        f"{_NAMES[run.database]}, {run.size:.1f} GB: measured on {run.day}, {run.machine}, load {before:.0f} before and"
        f" {after:.0f} after, commit `{run.commit}`."
    )
    like, more = _lists(run)
    *_, dear = _chosen(run)
    if like:
        grown = sorted((row for row in like if row.times > WITHIN), key=lambda row: row.times, reverse=True)
        names = ", ".join(f"{row.what} ({row.times:.2f})" for row in grown) or "none"
        summary += f" Of {len(like)} lists that return equally many lines, beyond {WITHIN}: {names}."
    if dear:
        summary += f" The costliest of {len(more)} that return more lines: {dear.what}."
    if lists := [row for row in run.rows if row.is_list]:
        slow = max(lists, key=lambda row: row.filled.p50)
        summary += (
            f" A client waited {slow.filled.p50:.0f} ms at the median for the slowest list ({slow.what})."
        )
    return summary + "\n"


def _cpu(side: Side) -> str:
    return f"{side.program:.2f} + {side.database:.2f}" if side.database else f"{side.program:.2f}"


def _short(number: int) -> str:
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if number and number % size == 0:
            return f"{number // size} {letter}"
    return str(number)


def _thousands(number: int) -> str:
    return f"{number:,}".replace(",", " ")

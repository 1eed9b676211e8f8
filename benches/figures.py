"""Browser measurements of pages: the runs of each figure, their median and their bound, as a table or as JSON."""

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median
from typing import Final

SLOWER: Final = 4
"""Assumed slowdown of a phone's processor against this machine's."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: `runs` are in its unit; `bound` is the greatest allowed median, None where nothing is promised."""

    name: str
    unit: str
    runs: list[float]
    bound: float | None

    @property
    def median(self) -> float:
        """Returns the median of the runs, the value that the bound applies to."""
        return median(self.runs)


def table(figures: list[Figure]) -> str:
    """Formats the figures as a text table."""
    lines = [f"{'':<53} {'median':>8} {'bound':>7}   from    to"]
    for each in figures:
        bound = "" if each.bound is None else f"{each.bound:.0f}"
        spread = f"{min(each.runs):6.0f} {max(each.runs):5.0f}"
        lines.append(f"{each.name:<53} {each.median:5.0f} {each.unit} {bound:>7} {spread}")
    return "\n".join(lines)


def show(measure: Callable[[int], list[Figure]], description: str, *, runs: int) -> None:
    """Runs a bench's whole command: measures, then prints a table, or JSON with `--json`."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--runs", type=int, default=runs, help=f"of each figure (default: {runs})")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    figures = measure(options.runs)
    print(json.dumps([asdict(each) for each in figures], indent=2) if options.json else table(figures))

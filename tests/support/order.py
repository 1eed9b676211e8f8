"""In which order tests are run. xdist's `worksteal` gives each process an equal part, one after the other."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def long_first(short: Sequence[T], long: Sequence[T], processes: int) -> list[T]:
    """All, such that each of the equal parts begins with its share of the long ones."""
    ordered: list[T] = []
    left = list(short)
    for number in range(processes):
        share = long[number::processes]
        size = (len(short) + len(long) - len(ordered)) // (processes - number)
        room = max(0, size - len(share))
        ordered += [*share, *left[:room]]
        left = left[room:]
    return ordered + left
